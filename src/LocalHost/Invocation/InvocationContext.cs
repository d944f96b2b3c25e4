namespace Freehold.LocalHost.Invocation;

/// <summary>The context of one invocation. Its id is made when somebody asks for it.</summary>
internal sealed class InvocationContext(IServiceProvider services, TimeProvider time, CancellationToken cancellation) : FunctionContext
{
    private string? _id;

    public override string InvocationId => _id ??= Guid.CreateVersion7(time.GetUtcNow()).ToString();

    public override IServiceProvider InstanceServices { get; set; } = services;

    public override CancellationToken CancellationToken { get; } = cancellation;
}
