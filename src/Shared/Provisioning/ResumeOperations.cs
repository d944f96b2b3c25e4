using Microsoft.Extensions.Options;

namespace Freehold.Provisioning;

/// <summary>Finds operations that nobody is at work on though they are due, or whose reply is still to be sent: a message was lost, or a host died.</summary>
public sealed class ResumeOperations(OperationLeases leases, IOptions<ProvisioningOptions> options)
{
    // A fresh operation's own message, or the waiting caller, gets this long before it is woken again.
    private static readonly TimeSpan LongestPatience = TimeSpan.FromSeconds(10);
    private const int Most = 200;

    /// <summary>Operations to wake.</summary>
    public Task<IReadOnlyList<Guid>> RunAsync(CancellationToken cancellationToken) =>
        leases.TakeForgottenAsync(
            options.Value.Lease < LongestPatience ? options.Value.Lease : LongestPatience, Most, cancellationToken);
}
