using System.Text.Json;
using Azure;
using Freehold.Sql;
using Freehold.Storage;
using Freehold.Tenants;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Npgsql;

namespace Freehold.Provisioning.Fleet;

/// <summary>
/// Compares what is on this region's server and in its blob storage with the catalog, in both directions, and removes what has been nobody's for
/// long enough. Connects to no tenant's database. One at a time over all of its hosts.
/// </summary>
public sealed class Reconcile(
    CatalogDatabase catalog,
    InstallationMark installation,
    Regions regions,
    PostgresProvider provider,
    DocumentBlobs blobs,
    OwnedNames owned,
    OrphanBook book,
    FindDrift findDrift,
    RemoveOrphans removeOrphans,
    IOptions<ProvisioningOptions> options,
    TimeProvider time,
    ILogger<Reconcile> logger)
{
    // Any constant will do that nothing else in the catalog's database takes.
    private const long RunLock = 4_617_315_517_961_601_027;
    private const int MostListed = 100;
    private static readonly TimeSpan ReportLifetime = TimeSpan.FromDays(7);

    /// <summary>Reconciles once.</summary>
    /// <returns>What came of it; null when another host is at it.</returns>
    public async Task<ReconciliationReport?> RunAsync(CancellationToken cancellationToken)
    {
        // The transaction is the lock's, and holds nothing else: a host that dies leaves the lock to the next.
        await using NpgsqlConnection connection = await catalog.OpenAsync(cancellationToken);
        await using NpgsqlTransaction transaction = await connection.BeginTransactionAsync(cancellationToken);
        await using NpgsqlCommand take = new NpgsqlCommand("select pg_try_advisory_xact_lock(hashtextextended($2, $1))", connection)
            .With(RunLock).With(regions.Here);
        if (!(bool)(await take.ExecuteScalarAsync(cancellationToken))!)
        {
            return null;
        }

        ReconciliationReport report = await ReconcileAsync(cancellationToken);
        await KeepAsync(report, cancellationToken);
        return report;
    }

    private async Task<ReconciliationReport> ReconcileAsync(CancellationToken cancellationToken)
    {
        DateTimeOffset now = time.GetUtcNow();
        string mark = await installation.FindAsync(cancellationToken);

        // What there is comes first, the catalog after it: whatever was made meanwhile had been written down before.
        ServerInventory? server = await ListAsync(
            $"{OrphanKinds.Database}, {OrphanKinds.Role}", () => provider.ListAsync(mark, cancellationToken), cancellationToken);
        List<string>? folders = await ListAsync(
            OrphanKinds.Blobs, async () => await blobs.FoldersAsync(cancellationToken).ToListAsync(cancellationToken), cancellationToken);

        List<Orphan> orphans = [];
        List<string> unlisted = [];
        foreach ((string kind, IReadOnlyList<string>? names) in new (string, IReadOnlyList<string>?)[]
        {
            (OrphanKinds.Database, server?.Databases), (OrphanKinds.Role, server?.Roles), (OrphanKinds.Blobs, folders),
        })
        {
            if (names is null)
            {
                unlisted.Add(kind);
                continue;
            }

            IReadOnlyList<string> unowned = await owned.FindUnownedAsync(kind, names, cancellationToken);
            orphans.AddRange(await book.CountAsync(kind, unowned, now, cancellationToken));
        }

        IReadOnlyList<Drift> drift = server is null ? [] : await findDrift.RunAsync(mark, server, cancellationToken);
        IReadOnlyList<string> unknown = folders is null ? [] : await owned.FindUnknownFoldersAsync(folders, cancellationToken);

        // The count is of everything, also of what is not due yet: it says whether the catalog can be trusted.
        bool tooMany = orphans.Count > options.Value.Reconciliation.MaxRemovals;
        (IReadOnlyList<Orphan> removed, IReadOnlyList<Orphan> notRemoved) = tooMany
            ? ([], [])
            : await removeOrphans.RunAsync(orphans, now, cancellationToken);
        return new ReconciliationReport(
            now,
            unlisted.Count == 0,
            unlisted,
            tooMany,
            orphans.Count,
            [.. orphans.Take(MostListed)],
            removed,
            notRemoved,
            drift.Count,
            [.. drift.Take(MostListed)],
            unknown.Count,
            [.. unknown.Take(MostListed)]);
    }

    /// <returns>Null when the listing failed, even at its end: half a list is none.</returns>
    private async Task<T?> ListAsync<T>(string kinds, Func<Task<T>> list, CancellationToken cancellationToken)
        where T : class
    {
        try
        {
            return await list();
        }
        catch (Exception exception) when (!cancellationToken.IsCancellationRequested
            && exception is NpgsqlException or TimeoutException or RequestFailedException or AggregateException or OperationCanceledException)
        {
            Log.ListingFailed(logger, kinds, exception);
            return null;
        }
    }

    private async Task KeepAsync(ReconciliationReport report, CancellationToken cancellationToken)
    {
        await using NpgsqlBatch batch = catalog.Batch();
        batch.Add("delete from catalog.reconciliations where at < $1").With(report.At - ReportLifetime);
        batch.Add("insert into catalog.reconciliations (id, at, report, region) values ($1, $2, $3::jsonb, $4)")
            .With(Guid.CreateVersion7(report.At)).With(report.At)
            .With(JsonSerializer.Serialize(report, ReconciliationJson.Default.ReconciliationReport)).With(regions.Here);
        await batch.ExecuteNonQueryAsync(cancellationToken);
    }
}

/// <summary>Another reconciliation is under way.</summary>
public sealed class ReconciliationRunningException() : RefusalException(
    RefusalKind.Conflict, "reconciliation-running", "Another reconciliation is under way. See its report in GET /api/fleet in a moment.");
