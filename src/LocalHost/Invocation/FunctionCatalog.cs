using System.Reflection;

namespace Freehold.LocalHost.Invocation;

/// <summary>The functions of an application.</summary>
internal sealed class FunctionCatalog(IReadOnlyList<Function> functions)
{
    public static FunctionCatalog Scan(IEnumerable<Type> types)
    {
        const BindingFlags Declared = BindingFlags.Public | BindingFlags.Instance | BindingFlags.Static | BindingFlags.DeclaredOnly;
        Function[] functions =
        [
            .. from type in types
               from method in type.GetMethods(Declared)
               let attribute = method.GetCustomAttribute<FunctionAttribute>()
               where attribute is not null
               select new Function(method, attribute.Name),
        ];

        string? twice = functions
            .CountBy(function => function.Name, StringComparer.OrdinalIgnoreCase)
            .FirstOrDefault(pair => pair.Value > 1).Key;
        return twice is null
            ? new FunctionCatalog(functions)
            : throw new InvalidOperationException($"Two functions are called '{twice}'.");
    }

    public int Count => functions.Count;

    /// <summary>The functions with a trigger of one kind.</summary>
    public IEnumerable<(Function Function, T Trigger)> Of<T>()
        where T : Attribute =>
        from function in functions
        let trigger = function.Trigger as T
        where trigger is not null
        select (function, trigger);

    /// <summary>Every queue that a function reads or writes, with the name of its connection.</summary>
    public IEnumerable<(string Connection, string Queue)> Queues() =>
        Of<ServiceBusTriggerAttribute>().Select(pair => (pair.Trigger.Connection!, pair.Trigger.QueueName))
            .Concat(functions.SelectMany(function => function.Outputs.Messages).Select(output => (output.Connection, output.Queue)))
            .Distinct();
}
