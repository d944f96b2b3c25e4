using System.Linq.Expressions;
using System.Reflection;
using Microsoft.AspNetCore.Routing;

namespace Freehold.LocalHost.Invocation;

/// <summary>Calls a function's method. The answer is its result; null for those that have none.</summary>
internal delegate ValueTask<object?> FunctionCall(
    object instance, object trigger, FunctionContext context, RouteValueDictionary? routeValues);

/// <summary>Compiles the call of a method once, so that an invocation costs no reflection.</summary>
internal static class CallCompiler
{
    private static readonly ParameterExpression Instance = Expression.Parameter(typeof(object));
    private static readonly ParameterExpression Trigger = Expression.Parameter(typeof(object));
    private static readonly ParameterExpression Context = Expression.Parameter(typeof(FunctionContext));
    private static readonly ParameterExpression RouteValues = Expression.Parameter(typeof(RouteValueDictionary));

    public static FunctionCall Compile(MethodInfo method, ParameterInfo trigger, IReadOnlySet<string> routeNames)
    {
        IEnumerable<Expression> arguments = method.GetParameters().Select<ParameterInfo, Expression>(parameter =>
            parameter.Position == trigger.Position ? Expression.Convert(Trigger, parameter.ParameterType)
            : parameter.ParameterType == typeof(CancellationToken) ? Expression.Property(Context, nameof(FunctionContext.CancellationToken))
            : parameter.ParameterType == typeof(FunctionContext) ? Context
            : parameter.ParameterType == typeof(string) && routeNames.Contains(parameter.Name!) ? RouteValue(parameter.Name!)
            : throw new FunctionShapeException(method, $"nothing binds to the parameter '{parameter.Name}'"));

        Expression call = Expression.Call(Expression.Convert(Instance, method.DeclaringType!), method, arguments);
        return Expression.Lambda<FunctionCall>(Awaited(call), Instance, Trigger, Context, RouteValues).Compile();
    }

    private static Expression Awaited(Expression call)
    {
        Type returned = call.Type;
        if (returned == typeof(void))
        {
            return Expression.Block(call, Expression.Default(typeof(ValueTask<object?>)));
        }

        if (returned == typeof(Task))
        {
            return Expression.Call(typeof(CallCompiler), nameof(WithoutResultAsync), null, call);
        }

        return returned.IsGenericType && returned.GetGenericTypeDefinition() == typeof(Task<>)
            ? Expression.Call(typeof(CallCompiler), nameof(WithResultAsync), returned.GetGenericArguments(), call)
            : Expression.New(typeof(ValueTask<object?>).GetConstructor([typeof(object)])!, Expression.Convert(call, typeof(object)));
    }

    private static MethodCallExpression RouteValue(string name) =>
        Expression.Call(typeof(CallCompiler), nameof(TextOf), null, RouteValues, Expression.Constant(name));

    private static string? TextOf(RouteValueDictionary values, string name) => values[name] as string;

    private static async ValueTask<object?> WithoutResultAsync(Task task)
    {
        await task;
        return null;
    }

    private static async ValueTask<object?> WithResultAsync<T>(Task<T> task) => await task;
}
