using Freehold.Provisioning.Certificates;
using Freehold.Provisioning.Moves.BetweenRegions;
using Freehold.Provisioning.Providers;
using Freehold.Tenants;
using Npgsql;

namespace Freehold.Provisioning.Moves;

/// <summary>
/// Erases what a tenant has where it does not serve: a copy that came to nothing, or what it has left. Of a region that it has left, once
/// nothing more can come to it there, and with a certificate.
/// </summary>
public sealed class EraseOther(
    CatalogDatabase catalog,
    MoveBook book,
    RegionReaches reaches,
    Regions regions,
    TenantCredentials credentials,
    Inventory inventory,
    DeletionCertificates certificates,
    OperationLeases leases,
    TimeProvider time)
{
    /// <summary>The region whose hosts reach both places: the one that the tenant goes to fetches, and cleans up.</summary>
    internal static string RegionOf(TenantPlacement tenant, OtherDatabase other) => other.IsFormer ? tenant.Region : other.Region;

    /// <summary>Erases it.</summary>
    /// <param name="operation">The operation, leased.</param>
    /// <param name="tenant">The tenant.</param>
    /// <param name="other">What does not serve.</param>
    /// <param name="progress">Is told the step.</param>
    /// <param name="fetchesLate">Whether what is still uploaded to a region that was left is wanted.</param>
    /// <param name="cancellationToken">Stops between two steps.</param>
    /// <returns>Null when it is erased; otherwise until when uploads may still come, so that it is to be called again.</returns>
    internal async Task<DateTimeOffset?> RunAsync(
        LeasedOperation operation, TenantPlacement tenant, OtherDatabase other, Progress progress, bool fetchesLate, CancellationToken cancellationToken)
    {
        progress.Step = "erase";
        RegionReach reach = reaches.Of(other.Region);
        IDatabaseProvider provider = reach.Providers.Of(other.Provider);
        if (other.Left is not null)
        {
            other = await CountAsync(tenant, other, reach, cancellationToken);

            // Hosts follow within seconds, and end what they are at.
            await provider.CloseAccessAsync(other.Database.Name, other.Database.Role, cancellationToken);
        }
        else
        {
            // Who has lost the lease may come when another host writes the last of it, or has had it serve.
            await leases.RequireAsync(operation, progress.Step, cancellationToken);
            if (tenant.State == TenantState.Active)
            {
                await WriteAgainAsync(tenant, cancellationToken);
            }
        }

        await provider.RemoveAsync(other.Database.Name, other.Database.Role, cancellationToken);
        if (other.IsFormer)
        {
            // With the database goes what its roles may own there, and where roles are in it, they themselves: a closed one lets nobody in to drop them.
            foreach (string role in await credentials.RolesAsync(tenant.Uid, cancellationToken))
            {
                await credentials.DropAsync(provider.Roles, null, role, cancellationToken);
            }
        }

        if (other.Region != tenant.Region)
        {
            progress.Step = "late-uploads";
            if (fetchesLate && other.Left is { IsFetched: false } left)
            {
                if (await FetchLateAsync(tenant, reach, left, RequireLeaseAsync, cancellationToken) is { } until)
                {
                    return until;
                }

                // What an attempt that does not come to its end has erased is not to be taken for what its owner has deleted.
                await book.NoteFetchedAsync(operation, cancellationToken);
            }

            // Who has lost the lease may come when the tenant is back there.
            progress.Step = "erase";
            await leases.RequireAsync(operation, progress.Step, cancellationToken);
            await reach.Blobs.DeleteAllAsync(tenant.Id, cancellationToken);
            await reach.Work.ForgetTenantAsync(tenant.Uid, cancellationToken);
            await new CopiedBlobs(reaches.Of(regions.Here).Work, tenant.Uid).ForgetAsync(cancellationToken);
            await CertifyAsync(tenant, other, reach, provider, cancellationToken);
        }

        await book.ForgetAsync(tenant.Uid, other, cancellationToken);
        return null;

        Task RequireLeaseAsync() => leases.RequireAsync(operation, progress.Step, cancellationToken);
    }

    private async Task<OtherDatabase> CountAsync(
        TenantPlacement tenant, OtherDatabase other, RegionReach reach, CancellationToken cancellationToken)
    {
        if (other.Left is not { Operation: { } operation, Inventory: null } left || other.Region == tenant.Region)
        {
            return other;
        }

        Holding holding = new(reach, other.Provider, other.Database.Name, other.Database.Role, WithCatalog: false);
        InventoryTaken taken = await inventory.CountAsync(operation, tenant.Uid, tenant.Id, holding, cancellationToken);
        await book.NoteInventoryAsync(tenant.Uid, taken, cancellationToken);
        return other with { Left = left with { Inventory = taken } };
    }

    /// <summary>What was paused for a move that came to nothing is written again.</summary>
    private async Task WriteAgainAsync(TenantPlacement tenant, CancellationToken cancellationToken)
    {
        await using NpgsqlConnection serving = await reaches.Of(tenant.Region).Providers.Of(tenant.Provider)
            .OpenAsOwnerAsync(tenant.Database!, cancellationToken);
        await WritePause.EndAsync(serving, cancellationToken);
        await book.ResumeUploadsAsync(tenant.Uid, cancellationToken);
    }

    /// <returns>Until when more may come; null when nothing more can.</returns>
    private async Task<DateTimeOffset?> FetchLateAsync(
        TenantPlacement tenant, RegionReach left, LeftPlace place, Func<Task> requireLeaseAsync, CancellationToken cancellationToken)
    {
        // Before the round: what comes while it lists is for the next.
        bool isLast = place.OpenUntil is not { } until || time.GetUtcNow() >= until;
        RegionReach here = reaches.Of(regions.Here);
        BlobCopy late = new(tenant.Id, left.Documents, here.Documents, new CopiedBlobs(here.Work, tenant.Uid), isServed: true);
        await late.RunAsync(
            async _ =>
            {
                await requireLeaseAsync();
                return true;
            },
            cancellationToken);
        return isLast ? null : place.OpenUntil;
    }

    private async Task CertifyAsync(
        TenantPlacement tenant, OtherDatabase other, RegionReach reach, IDatabaseProvider provider, CancellationToken cancellationToken)
    {
        if (other.Left is not { Operation: { } operation, Inventory: { } found })
        {
            return;
        }

        DateTimeOffset now = time.GetUtcNow();
        StorageRecovery storage = StorageRecovery.Of(await reach.Blobs.RetentionAsync(cancellationToken), now);
        DeletionCertificate certificate = new(
            Guid.CreateVersion7(now), operation, tenant.Id.Value, tenant.Uid, found.RequestedAt, now, found.Erased, provider.RecoveryOf(now), storage)
        {
            LeftRegion = other.Region,
        };
        await using NpgsqlBatch batch = catalog.Batch();
        certificates.Add(batch, certificate);
        AuditLog.Add(batch, Caller.Freehold, "region-left", tenant.Id, tenant.Uid, other.Region);
        await batch.ExecuteNonQueryAsync(cancellationToken);
    }
}
