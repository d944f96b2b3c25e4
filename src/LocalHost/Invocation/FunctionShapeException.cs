using System.Reflection;

namespace Freehold.LocalHost.Invocation;

/// <summary>A function is declared in a way that this host, or Azure, could not serve.</summary>
internal sealed class FunctionShapeException(MethodInfo method, string reason)
    : Exception($"Function {method.DeclaringType?.Name}.{method.Name} can't be served: {reason}.");
