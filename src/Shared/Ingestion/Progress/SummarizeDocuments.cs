using Freehold.Sql;
using Freehold.Tenants;
using Npgsql;

namespace Freehold.Ingestion;

/// <summary>How far a tenant's documents have come.</summary>
/// <param name="Total">All documents.</param>
/// <param name="Queued">Those that wait.</param>
/// <param name="Chunking">Those that are being read.</param>
/// <param name="Embedding">Those that are being embedded.</param>
/// <param name="Ready">Those whose newest version is searchable.</param>
/// <param name="Failed">Those that have failed.</param>
/// <param name="Searchable">Those of which some version is searchable.</param>
/// <param name="Bytes">Bytes of all of them, as uploaded.</param>
/// <param name="Chunks">Passages that are searchable.</param>
/// <param name="Tokens">Tokens of these passages.</param>
/// <param name="PerMinute">How many a minute became ready, over the last five.</param>
/// <param name="OldestQueuedAt">Since when the one has waited that has waited longest; null when none waits.</param>
/// <param name="SecondsLeft">How long the rest takes at that rate; null while there is none.</param>
public sealed record DocumentSummary(
    long Total,
    long Queued,
    long Chunking,
    long Embedding,
    long Ready,
    long Failed,
    long Searchable,
    long Bytes,
    long Chunks,
    long Tokens,
    double PerMinute,
    DateTimeOffset? OldestQueuedAt,
    double? SecondsLeft);

/// <summary>Sums a tenant's documents up, without waking its database.</summary>
public sealed class SummarizeDocuments(WorkStore work)
{
    private const int Minutes = 5;

    /// <summary>Sums up.</summary>
    public async Task<DocumentSummary> RunAsync(Guid tenantUid, CancellationToken cancellationToken)
    {
        await using NpgsqlCommand command = work.Command(
                """
                select count(*), count(*) filter (where state = 'queued'), count(*) filter (where state = 'chunking'),
                    count(*) filter (where state = 'embedding'), count(*) filter (where state = 'ready'), count(*) filter (where state = 'failed'),
                    count(searchable_etag), coalesce(sum(bytes), 0)::bigint, coalesce(sum(chunks), 0)::bigint, coalesce(sum(tokens), 0)::bigint,
                    count(*) filter (where ready_at > now() - $2), min(changed_at) filter (where state = 'queued')
                from work.documents where tenant_uid = $1
                """)
            .With(tenantUid).With(TimeSpan.FromMinutes(Minutes));
        await using NpgsqlDataReader reader = await command.ExecuteReaderAsync(cancellationToken);
        await reader.ReadAsync(cancellationToken);
        long[] counts = [.. Enumerable.Range(0, 11).Select(reader.GetInt64)];
        double perMinute = (double)counts[10] / Minutes;
        long left = counts[1] + counts[2] + counts[3];
        double? secondsLeft = left == 0 ? 0 : perMinute == 0 ? null : Math.Ceiling(left / perMinute * 60);
        return new DocumentSummary(
            counts[0], counts[1], counts[2], counts[3], counts[4], counts[5], counts[6], counts[7], counts[8], counts[9],
            perMinute, reader.Optional<DateTimeOffset?>(11), secondsLeft);
    }
}
