using System.Reflection;
using Microsoft.AspNetCore.Routing;
using Microsoft.AspNetCore.Routing.Patterns;
using Microsoft.Extensions.DependencyInjection;

namespace Freehold.LocalHost.Invocation;

/// <summary>One function: its trigger, its outputs and a compiled way to call it. Reflection is asked once, here.</summary>
internal sealed class Function
{
    private readonly ObjectFactory _makeInstance;
    private readonly FunctionCall _call;

    public Function(MethodInfo method, string name)
    {
        if (method.IsStatic || method.DeclaringType is not { IsAbstract: false } type)
        {
            throw new FunctionShapeException(method, "it must be an instance method of a class");
        }

        ParameterInfo[] bound = [.. method.GetParameters().Where(parameter => TriggerRules.TriggerOf(parameter) is not null)];
        if (bound is not [ParameterInfo trigger])
        {
            throw new FunctionShapeException(method, "it needs exactly one parameter with a trigger");
        }

        Name = name;
        Trigger = TriggerRules.TriggerOf(trigger)!;
        TriggerRules.Check(method, trigger, Trigger);
        Outputs = FunctionOutputs.Of(method, isHttp: Trigger is HttpTriggerAttribute);
        _makeInstance = ActivatorUtilities.CreateFactory(type, Type.EmptyTypes);
        _call = CallCompiler.Compile(method, trigger, RouteNames());
    }

    public string Name { get; }

    public Attribute Trigger { get; }

    public FunctionOutputs Outputs { get; }

    /// <summary>Route template of an HTTP function, below the common prefix.</summary>
    public string Route => (Trigger as HttpTriggerAttribute)?.Route ?? Name;

    public ValueTask<object?> InvokeAsync(FunctionContext context, object trigger, RouteValueDictionary? routeValues)
    {
        object instance = _makeInstance(context.InstanceServices, null);
        return _call(instance, trigger, context, routeValues);
    }

    private HashSet<string> RouteNames() => Trigger is HttpTriggerAttribute
        ? RoutePatternFactory.Parse(Route).Parameters.Select(parameter => parameter.Name).ToHashSet(StringComparer.OrdinalIgnoreCase)
        : [];
}
