namespace Freehold.LocalHost.Worker;

/// <summary>One invocation of a function.</summary>
public abstract class FunctionContext
{
    /// <summary>Id of the invocation.</summary>
    public abstract string InvocationId { get; }

    /// <summary>Services of the invocation's scope.</summary>
    public abstract IServiceProvider InstanceServices { get; set; }

    /// <summary>Cancelled when the host stops, or when an HTTP caller goes away.</summary>
    public virtual CancellationToken CancellationToken { get; } = CancellationToken.None;
}
