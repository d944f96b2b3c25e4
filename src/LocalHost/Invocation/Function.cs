using System.Reflection;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace Freehold.LocalHost.Invocation;

/// <summary>One function: its trigger, its outputs and a compiled way to call it. Everything reflection has to say is asked once, here.</summary>
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
        Parameters = [.. method.GetParameters().Select(parameter => parameter.Name!)];
        Outputs = FunctionOutputs.Of(method, isHttp: Trigger is HttpTriggerAttribute);
        _makeInstance = ActivatorUtilities.CreateFactory(type, Type.EmptyTypes);
        _call = CallCompiler.Compile(method, trigger, routeValues: Trigger is HttpTriggerAttribute);
    }

    public string Name { get; }

    public Attribute Trigger { get; }

    public IReadOnlyList<string> Parameters { get; }

    public FunctionOutputs Outputs { get; }

    public ValueTask<object?> InvokeAsync(FunctionContext context, object trigger, RouteValueDictionary? routeValues)
    {
        object instance = _makeInstance(context.InstanceServices, null);
        return _call(instance, trigger, context, routeValues);
    }
}
