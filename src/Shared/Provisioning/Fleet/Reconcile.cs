using System.Text.Json;
using Azure;
using Freehold.Provisioning.Providers;
using Freehold.Sql;
using Freehold.Storage;
using Freehold.Tenants;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Npgsql;

namespace Freehold.Provisioning.Fleet;

/// <summary>
/// Compares what is at the providers of databases and in blob storage with the catalog, in both directions, and removes what has been nobody's for
/// long enough. Connects to no tenant's database. One at a time over all hosts of a region.
/// </summary>
public sealed class Reconcile(
    CatalogDatabase catalog,
    InstallationMark installation,
    Regions regions,
    DatabaseProviders providers,
    DocumentBlobs blobs,
    ListDatabases listDatabases,
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
        // Side by side: what one waits for its rates, another has its databases compared.
        Compared[] compared = await Task.WhenAll(providers.All.Select(provider => CompareAsync(provider, mark, now, cancellationToken)));
        List<string> unlisted = [.. compared.SelectMany(provider => provider.Unlisted)];
        IReadOnlyList<Drift> drift = [.. compared.SelectMany(provider => provider.Drift)];
        List<string> unknown = [];
        if (!await TryAsync(OrphanKinds.Blobs, () => CompareFoldersAsync(now, unknown, cancellationToken), cancellationToken))
        {
            unlisted.Add(OrphanKinds.Blobs);
        }

        // The count is of everything, also of what is not due yet: it says whether the catalog can be trusted.
        int count = await book.CountAsync(now, cancellationToken);
        bool tooMany = count > options.Value.Reconciliation.MaxRemovals;
        IReadOnlyList<Orphan> orphans = await book.ReadAsync(now, tooMany ? MostListed : count, cancellationToken);
        (IReadOnlyList<Orphan> removed, IReadOnlyList<Orphan> notRemoved) = tooMany
            ? ([], [])
            : await removeOrphans.RunAsync(orphans, now, cancellationToken);
        return new ReconciliationReport(
            now,
            unlisted.Count == 0,
            unlisted,
            tooMany,
            count,
            [.. orphans.Take(MostListed)],
            removed,
            notRemoved,
            drift.Count,
            [.. drift.Take(MostListed)],
            unknown.Count,
            [.. unknown.Take(MostListed)]);
    }

    /// <returns>What tenants lack at the provider; or what it could not list, in full, and then nothing of it.</returns>
    private async Task<Compared> CompareAsync(IDatabaseProvider provider, string mark, DateTimeOffset now, CancellationToken cancellationToken)
    {
        string[] kinds = provider.ListsRoles ? [OrphanKinds.Database, OrphanKinds.Role] : [$"{OrphanKinds.Database} ({provider.Name})"];
        IReadOnlyList<Drift> drift = [];
        bool isListed = await TryAsync(
            string.Join(", ", kinds),
            async () =>
            {
                if (!await listDatabases.RunAsync(provider, mark, now, cancellationToken))
                {
                    return false;
                }

                IReadOnlyList<Drift> missing = await findDrift.RunAsync(provider, mark, cancellationToken);
                await book.CountListedAsync(provider, now, cancellationToken);
                drift = missing;
                return true;
            },
            cancellationToken);
        return new Compared(drift, isListed ? [] : kinds);
    }

    private sealed record Compared(IReadOnlyList<Drift> Drift, string[] Unlisted);

    /// <summary>Counts folders of tenants that are deleted, and adds those that never were a tenant's to <paramref name="unknown"/>.</summary>
    private async Task<bool> CompareFoldersAsync(DateTimeOffset now, List<string> unknown, CancellationToken cancellationToken)
    {
        List<string> folders = await blobs.FoldersAsync(cancellationToken).ToListAsync(cancellationToken);
        await book.CountFoldersAsync(await owned.FindUnownedAsync(OrphanKinds.Blobs, folders, cancellationToken), now, cancellationToken);
        unknown.AddRange(await owned.FindUnknownFoldersAsync(folders, cancellationToken));
        return true;
    }

    /// <returns>False when the listing failed, even at its end: half a list is none.</returns>
    private async Task<bool> TryAsync(string kinds, Func<Task<bool>> compare, CancellationToken cancellationToken)
    {
        try
        {
            return await compare();
        }
        catch (Exception exception) when (!cancellationToken.IsCancellationRequested
            && (ProviderFailures.Is(exception) || exception is RequestFailedException or AggregateException or OperationCanceledException))
        {
            Log.ListingFailed(logger, kinds, exception);
            return false;
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
