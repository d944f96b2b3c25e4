using Azure;
using Freehold.Provisioning.Providers;
using Freehold.Storage;
using Freehold.Tenants;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Freehold.Provisioning.Fleet;

/// <summary>Removes what has been seen twice and for long enough that nobody owns it, after asking once more, and writes it to the audit.</summary>
public sealed class RemoveOrphans(
    OwnedNames owned,
    OrphanBook book,
    DatabaseProviders providers,
    DocumentBlobs blobs,
    AuditLog audit,
    IOptions<ProvisioningOptions> options,
    ILogger<RemoveOrphans> logger)
{
    private const int LeastSightings = 2;

    /// <returns>What was removed, and what was due and could not be.</returns>
    internal async Task<(IReadOnlyList<Orphan> Removed, IReadOnlyList<Orphan> NotRemoved)> RunAsync(
        IReadOnlyList<Orphan> orphans, DateTimeOffset now, CancellationToken cancellationToken)
    {
        DateTimeOffset longAgo = now - options.Value.Reconciliation.Grace;
        List<Orphan> removed = [];
        List<Orphan> notRemoved = [];
        foreach (Orphan orphan in orphans.Where(orphan => orphan.Sightings >= LeastSightings && orphan.FirstSeenAt <= longAgo))
        {
            if ((await owned.FindUnownedAsync(orphan.Kind, [orphan.Name], cancellationToken)).Count == 0)
            {
                continue;
            }

            try
            {
                if (!await RemoveAsync(orphan, longAgo, cancellationToken))
                {
                    continue;
                }

                removed.Add(orphan);
            }
            catch (Exception exception) when (ProviderFailures.Is(exception) || exception is RequestFailedException or AggregateException)
            {
                Log.OrphanNotRemoved(logger, orphan.Kind, orphan.Name, exception);
                notRemoved.Add(orphan);
                continue;
            }

            // It is gone: what follows is to be written down even when this host stops.
            await audit.WriteAsync(Caller.Freehold, "orphan-removed", null, null, $"{orphan.Kind} {orphan.Name}", CancellationToken.None);
            await book.ForgetAsync(orphan, CancellationToken.None);
        }

        return (removed, notRemoved);
    }

    /// <returns>False when there was nothing to be removed: everything in a folder is newer than the grace.</returns>
    private async Task<bool> RemoveAsync(Orphan orphan, DateTimeOffset longAgo, CancellationToken cancellationToken)
    {
        switch (orphan.Kind)
        {
            case OrphanKinds.Database:
                await providers.Of(orphan.Provider!).DropDatabaseAsync(orphan.Name, cancellationToken);
                return true;
            case OrphanKinds.Role:
                await providers.Of(orphan.Provider!).Roles.DropAsync(null, orphan.Name, cancellationToken);
                return true;
            default:
                // The name may be a new tenant's by now: what is newer than the grace may be its own, and stays.
                return await blobs.DeleteOlderAsync(TenantId.Parse(orphan.Name), longAgo, cancellationToken) > 0;
        }
    }
}
