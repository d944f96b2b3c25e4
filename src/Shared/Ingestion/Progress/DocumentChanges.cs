using Freehold.Sql;
using Freehold.Tenants;
using Npgsql;

namespace Freehold.Ingestion;

/// <summary>A document that has changed, or is gone.</summary>
/// <param name="At">When, by the work store's clock, in microseconds since 1970.</param>
/// <param name="Path">Which.</param>
/// <param name="Document">How it stands; null when it is gone.</param>
public sealed record DocumentChange(long At, string Path, DocumentStatus? Document);

/// <summary>Some changes, in order.</summary>
/// <param name="Now">The work store's clock before it looked.</param>
/// <param name="Changes">The changes.</param>
/// <param name="Next">Where to go on at once; null when that was all.</param>
internal sealed record ChangesPage(long Now, IReadOnlyList<DocumentChange> Changes, long? Next);

/// <summary>What has changed of a tenant's documents, read without waking its database.</summary>
public sealed class DocumentChanges(WorkStore work)
{
    private const int Most = 1_000;
    private const string ChangedAt = "(extract(epoch from changed_at) * 1000000)::bigint";
    private const string RemovedAt = "(extract(epoch from removed_at) * 1000000)::bigint";
    private const string Clock = "(extract(epoch from clock_timestamp()) * 1000000)::bigint";

    /// <summary>The work store's clock.</summary>
    internal async Task<long> NowAsync(CancellationToken cancellationToken)
    {
        await using NpgsqlCommand command = work.Command($"select {Clock}");
        return (long)(await command.ExecuteScalarAsync(cancellationToken))!;
    }

    /// <summary>Changes from a moment on, that moment included.</summary>
    internal async Task<ChangesPage> FindAsync(Guid tenantUid, long from, CancellationToken cancellationToken)
    {
        DateTimeOffset since = DateTimeOffset.UnixEpoch.AddTicks(from * TimeSpan.TicksPerMicrosecond);
        await using NpgsqlBatch batch = work.Batch();
        batch.Add($"select {Clock}");
        batch.Add(
                $"""
                select {Manifest.Columns}, {ChangedAt} from work.documents
                where tenant_uid = $1 and changed_at >= $2 order by changed_at limit $3
                """)
            .With(tenantUid).With(since).With(Most);
        batch.Add($"select path, {RemovedAt} from work.removed_documents where tenant_uid = $1 and removed_at >= $2 order by removed_at limit $3")
            .With(tenantUid).With(since).With(Most);
        await using NpgsqlDataReader reader = await batch.ExecuteReaderAsync(cancellationToken);
        await reader.ReadAsync(cancellationToken);
        long now = reader.GetInt64(0);
        List<DocumentChange> changed = await ReadAsync(
            reader, row => new DocumentChange(row.GetInt64(13), row.GetString(0), Manifest.Read(row)), cancellationToken);
        List<DocumentChange> removed = await ReadAsync(
            reader, row => new DocumentChange(row.GetInt64(1), row.GetString(0), null), cancellationToken);

        // Of two lists of which one was cut off, only what both cover is in order.
        long? end = new[] { changed, removed }.Where(list => list.Count == Most).Select(list => (long?)list[^1].At).Min();
        return new ChangesPage(
            now, [.. changed.Concat(removed).Where(change => !(change.At > end)).OrderBy(change => change.At)], end);
    }

    private static async Task<List<DocumentChange>> ReadAsync(
        NpgsqlDataReader reader, Func<NpgsqlDataReader, DocumentChange> read, CancellationToken cancellationToken)
    {
        await reader.NextResultAsync(cancellationToken);
        List<DocumentChange> changes = [];
        while (await reader.ReadAsync(cancellationToken))
        {
            changes.Add(read(reader));
        }

        return changes;
    }
}
