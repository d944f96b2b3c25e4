namespace Freehold.Postgres;

/// <summary>Somebody in the queue for a connection.</summary>
internal sealed class Waiter(TenantPool pool)
{
    public TenantPool Pool { get; } = pool;

    /// <summary>Whether the pool serves: its caller has a connection then, and otherwise asks for another pool.</summary>
    public TaskCompletionSource<bool> Granted { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
}
