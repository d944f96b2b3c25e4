using Freehold.Sql;
using Freehold.Tenants;
using Npgsql;

namespace Freehold.Provisioning.Moves.BetweenRegions;

/// <summary>
/// Copies what a work store knows of a tenant's documents into another region's, whose blobs have other ETags. What was due, or being
/// worked on, is due there.
/// </summary>
internal sealed class ManifestCopy(WorkStore from, WorkStore to, Guid tenantUid)
{
    private const int RowsOfPage = 2_000;
    private const int MostAttempts = 3;

    // More than hosts of either region take in a moment.
    private const long ClaimsAhead = 1_000_000;

    // A row that is due may change while it is read: somebody looks at it anyway.
    private const string Sum =
        """
        select count(*), coalesce(sum(hashtextextended(
            concat_ws('|', path, title, media_type, bytes, metadata, counted_bytes, case when next_attempt_at is null then concat(state, ' ', chunks) end), 0)), 0)
        from work.documents where tenant_uid = $1
        """;

    /// <summary>Copies and compares. Nothing is uploaded meanwhile.</summary>
    /// <exception cref="CopyDiffersException">The copy is not what it was copied from.</exception>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        await RaiseClaimsAsync(cancellationToken);
        for (int attempt = 1; ; attempt++)
        {
            await CopyAsync(cancellationToken);
            if (await SumAsync(from, cancellationToken) == await SumAsync(to, cancellationToken))
            {
                return;
            }

            if (attempt == MostAttempts)
            {
                throw new CopyDiffersException("the list of documents");
            }
        }
    }

    /// <summary>What is taken in there must not be taken for older than what was taken in here.</summary>
    private async Task RaiseClaimsAsync(CancellationToken cancellationToken)
    {
        await using NpgsqlCommand read = from.Command("select last_value from work.claims");
        long last = (long)(await read.ExecuteScalarAsync(cancellationToken))!;
        await using NpgsqlCommand raise = to
            .Command("select setval('work.claims', $1) from work.claims where last_value < $1").With(last + ClaimsAhead);
        await raise.ExecuteNonQueryAsync(cancellationToken);
    }

    private async Task CopyAsync(CancellationToken cancellationToken)
    {
        await to.ForgetTenantAsync(tenantUid, cancellationToken);
        for (string? after = string.Empty; after is not null;)
        {
            (string? rows, after) = await ReadAsync("work.documents", after, cancellationToken);
            if (rows is null)
            {
                break;
            }

            await using NpgsqlCommand command = to.Command(
                    """
                    insert into work.documents
                    select d.*
                    from jsonb_array_elements($2::jsonb) r (of_source)
                    left join work.copied_blobs c on c.tenant_uid = $1 and c.path = of_source->>'path'
                    cross join lateral jsonb_populate_record(null::work.documents, of_source || jsonb_build_object(
                        'etag', case when c.source_etag = of_source->>'etag' then c.etag else of_source->>'etag' end,
                        'searchable_etag', case when c.source_etag = of_source->>'searchable_etag' then c.etag else of_source->>'searchable_etag' end,
                        'next_attempt_at', case when of_source->>'turn_at' is null then of_source->>'next_attempt_at' else now()::text end,
                        'turn_at', null, 'busy_until', null)) d
                    """)
                .With(tenantUid).With(rows);
            await command.ExecuteNonQueryAsync(cancellationToken);
        }

        for (string? after = string.Empty; after is not null;)
        {
            (string? rows, after) = await ReadAsync("work.removed_documents", after, cancellationToken);
            if (rows is null)
            {
                break;
            }

            await using NpgsqlCommand command = to
                .Command("insert into work.removed_documents select * from jsonb_populate_recordset(null::work.removed_documents, $1::jsonb)")
                .With(rows);
            await command.ExecuteNonQueryAsync(cancellationToken);
        }
    }

    /// <returns>A page of rows as a JSON array, and where the next one begins; null and null after the last.</returns>
    private async Task<(string? Rows, string? After)> ReadAsync(string table, string after, CancellationToken cancellationToken)
    {
        await using NpgsqlCommand command = from.Command(
                $"""
                select jsonb_agg(to_jsonb(d) order by path)::text, max(path)
                from (select * from {table} where tenant_uid = $1 and path > $2 order by path limit $3) d
                """)
            .With(tenantUid).With(after).With(RowsOfPage);
        await using NpgsqlDataReader reader = await command.ExecuteReaderAsync(cancellationToken);
        await reader.ReadAsync(cancellationToken);
        return (reader.Optional<string>(0), reader.Optional<string>(1));
    }

    private async Task<(long Rows, decimal Sum)> SumAsync(WorkStore work, CancellationToken cancellationToken)
    {
        await using NpgsqlCommand command = work.Command(Sum).With(tenantUid);
        await using NpgsqlDataReader reader = await command.ExecuteReaderAsync(cancellationToken);
        await reader.ReadAsync(cancellationToken);
        return (reader.GetInt64(0), reader.GetDecimal(1));
    }
}
