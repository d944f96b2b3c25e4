namespace Freehold.Provisioning;

/// <summary>Finds operations that nobody is at work on though they are due: their message was lost, or their host died.</summary>
public sealed class ResumeOperations(OperationStore operations)
{
    // A fresh operation's own message, or the waiting caller, gets this long before it is woken again.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);
    private const int Most = 200;

    /// <summary>Operations to wake.</summary>
    public Task<IReadOnlyList<Guid>> RunAsync(CancellationToken cancellationToken) =>
        operations.TakeForgottenAsync(Patience, Most, cancellationToken);
}
