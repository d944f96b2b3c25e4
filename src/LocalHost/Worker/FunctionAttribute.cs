namespace Freehold.LocalHost.Worker;

/// <summary>Marks a method as a function, as in the Azure Functions worker.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class FunctionAttribute(string name) : Attribute
{
    internal string Name { get; } = name;
}
