using System.Linq.Expressions;
using System.Reflection;
using Microsoft.AspNetCore.Mvc;

namespace Freehold.LocalHost.Invocation;

/// <summary>Where messages of one output go.</summary>
internal sealed record MessageOutput(string Connection, string Queue, Func<object, object?> Read)
{
    /// <summary>The messages that a result holds for this output.</summary>
    public IEnumerable<string> MessagesIn(object result) => Read(result) switch
    {
        string message => [message],
        string[] messages => messages,
        _ => [],
    };
}

/// <summary>What a function's result is made of: an HTTP answer, messages, or both.</summary>
internal sealed class FunctionOutputs
{
    private static readonly FunctionOutputs None = new();

    /// <summary>Reads the HTTP answer out of a result; null where the function has none.</summary>
    public Func<object, object?>? HttpResult { get; private init; }

    public IReadOnlyList<MessageOutput> Messages { get; private init; } = [];

    public static FunctionOutputs Of(MethodInfo method, bool isHttp)
    {
        Type type = method.ReturnType;
        if (type == typeof(void) || type == typeof(Task))
        {
            return None;
        }

        type = type.IsGenericType && type.GetGenericTypeDefinition() == typeof(Task<>) ? type.GetGenericArguments()[0] : type;
        if (method.GetCustomAttribute<ServiceBusOutputAttribute>() is { } output)
        {
            return new FunctionOutputs { Messages = [Message(method, output, type, result => result)] };
        }

        return type.IsAssignableTo(typeof(IActionResult)) && isHttp
            ? new FunctionOutputs { HttpResult = result => result }
            : OfProperties(method, type, isHttp);
    }

    private static FunctionOutputs OfProperties(MethodInfo method, Type type, bool isHttp)
    {
        PropertyInfo[] properties = type.GetProperties();
        MessageOutput[] messages =
        [
            .. from property in properties
               let output = property.GetCustomAttribute<ServiceBusOutputAttribute>()
               where output is not null
               select Message(method, output, property.PropertyType, Reader(property)),
        ];
        PropertyInfo? answer = properties.SingleOrDefault(property => property.IsDefined(typeof(HttpResultAttribute)));
        if (answer is not null && !(isHttp && answer.PropertyType.IsAssignableTo(typeof(IActionResult))))
        {
            throw new FunctionShapeException(method, $"[HttpResult] on '{answer.Name}' needs an HTTP trigger and an IActionResult");
        }

        return messages.Length == 0 && answer is null
            ? throw new FunctionShapeException(method, $"nothing can be done with a result of type {type.Name}")
            : new FunctionOutputs { Messages = messages, HttpResult = answer is null ? null : Reader(answer) };
    }

    private static MessageOutput Message(MethodInfo method, ServiceBusOutputAttribute output, Type type, Func<object, object?> read)
    {
        if (output.EntityType != ServiceBusEntityType.Queue || output.Connection is null)
        {
            throw new FunctionShapeException(method, $"its output '{output.QueueName}' needs a Connection and must be a queue");
        }

        return type == typeof(string) || type == typeof(string[])
            ? new MessageOutput(output.Connection, output.QueueName, read)
            : throw new FunctionShapeException(method, $"its output '{output.QueueName}' must be a string or an array of strings");
    }

    private static Func<object, object?> Reader(PropertyInfo property)
    {
        ParameterExpression result = Expression.Parameter(typeof(object));
        Expression value = Expression.Property(Expression.Convert(result, property.DeclaringType!), property);
        return Expression.Lambda<Func<object, object?>>(Expression.Convert(value, typeof(object)), result).Compile();
    }
}
