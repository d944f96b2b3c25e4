using Freehold.Sql;
using Freehold.Storage;
using Freehold.Tenants;
using Freehold.Usage;
using Npgsql;

namespace Freehold.Ingestion;

/// <summary>How many bytes a document may have, and what one byte more is answered with.</summary>
internal sealed record Room(long Bytes, Func<RefusalException> Refusal);

/// <summary>
/// Lets documents into their tenant's plan. Far from its limits that costs nothing beside the manifest's own rows; near one,
/// documents are let in one at a time, over all hosts, so that the limit is met exactly.
/// </summary>
public sealed class Admission(WorkStore work, Plans plans, TenantTotals totals, EmbeddedTokens tokens)
{
    /// <summary>Whether the tenant's plan has room for whatever comes.</summary>
    internal bool IsFree(TenantPlacement tenant) => plans.Of(tenant.Plan).HasRoomForAll;

    /// <summary>Says before an upload comes in how much of it may.</summary>
    /// <returns>Null where the plan does not say.</returns>
    /// <exception cref="RefusalException">The plan has no room for it.</exception>
    internal async Task<Room?> RequireRoomAsync(TenantPlacement tenant, DocumentPath path, long? bytes, CancellationToken cancellationToken)
    {
        Plan plan = plans.Of(tenant.Plan);
        if (plan.HasRoomForAll
            || (bytes is not null && await totals.IsFarAsync(tenant.Uid, plan, new Totals(1, bytes.Value, 0), cancellationToken)))
        {
            return null;
        }

        if (bytes > plan.MaxStoredBytes)
        {
            throw new DocumentTooLargeException(plan.MaxStoredBytes.Value, bytes);
        }

        (Totals others, long? own) = await totals.FindWithoutAsync(tenant.Uid, path.Value, cancellationToken);
        if (FindShortage(plan, others, own, bytes ?? 1) is { } shortage)
        {
            throw new QuotaExceededException(shortage);
        }

        return plan.MaxStoredBytes is { } most
            ? new Room(Math.Max(most - others.Bytes, own ?? 0), () => others.Bytes == 0
                ? new DocumentTooLargeException(most, null)
                : new QuotaExceededException(Shortage.OfBytes(most, others.Bytes)))
            : null;
    }

    /// <summary>Whether a version may count as soon as the manifest knows it. Otherwise it has to be admitted.</summary>
    internal Task<bool> MayCountAsync(TenantPlacement tenant, long bytes, CancellationToken cancellationToken) =>
        totals.AddAsync(tenant.Uid, plans.Of(tenant.Plan), new Totals(1, bytes, 0), cancellationToken);

    /// <summary>Lets a version in that the manifest knows.</summary>
    /// <returns>What the plan lacks for it; null when it counts from now on, or is no longer the newest.</returns>
    internal async Task<Shortage?> AdmitAsync(
        TenantPlacement tenant, DocumentPath path, BlobVersion version, CancellationToken cancellationToken)
    {
        if (await MayCountAsync(tenant, version.Bytes, cancellationToken))
        {
            await using NpgsqlCommand command = work
                .Command("update work.documents set counted_bytes = bytes where tenant_uid = $1 and path = $2 and etag = $3")
                .With(tenant.Uid).With(path.Value).With(version.ETag);
            await command.ExecuteNonQueryAsync(cancellationToken);
            return null;
        }

        return await AdmitAloneAsync(tenant, plans.Of(tenant.Plan), path, version, cancellationToken);
    }

    /// <summary>What the plan lacks for chunks that are about to be embedded: beside the version that they replace, if any.</summary>
    /// <param name="tenant">Whose.</param>
    /// <param name="claim">The document's claim.</param>
    /// <param name="before">Chunks of the version that have been let in.</param>
    /// <param name="chunks">Those and the next.</param>
    /// <param name="newTokens">Tokens of all of them that have to be embedded and do not count yet.</param>
    /// <param name="cancellationToken">Lets nothing in.</param>
    internal async Task<Shortage?> FindShortageAsync(
        TenantPlacement tenant, DocumentClaim claim, int before, int chunks, long newTokens, CancellationToken cancellationToken)
    {
        Plan plan = plans.Of(tenant.Plan);
        int more = chunks - Math.Max(before, claim.Chunks);
        if (plan.MaxChunks is { } most && more > 0
            && !await totals.AddAsync(tenant.Uid, plan, new Totals(0, 0, more), cancellationToken)
            && (await totals.FindWithoutAsync(tenant.Uid, claim.Path, cancellationToken)).Others is var others
            && others.Chunks + chunks > most)
        {
            return Shortage.OfChunks(most, others.Chunks);
        }

        return await tokens.FindShortageAsync(tenant, newTokens, cancellationToken);
    }

    private async Task<Shortage?> AdmitAloneAsync(
        TenantPlacement tenant, Plan plan, DocumentPath path, BlobVersion version, CancellationToken cancellationToken)
    {
        await using NpgsqlBatch batch = work.Batch();
        batch.Add("select pg_advisory_xact_lock(hashtextextended($1::text, 4))").With(tenant.Uid);

        // In a statement of its own: it sees what the holder of the lock before has let in.
        batch.Add(
                """
                with others as (
                    select count(counted_bytes) as documents, coalesce(sum(counted_bytes), 0)::bigint as bytes
                    from work.documents where tenant_uid = $1 and path <> $2),
                own as (select counted_bytes from work.documents where tenant_uid = $1 and path = $2 and etag = $3),
                admitted as (
                    update work.documents d set counted_bytes = d.bytes from others o
                    where d.tenant_uid = $1 and d.path = $2 and d.etag = $3
                        and ($4 is null or o.documents < $4 or d.counted_bytes is not null)
                        and ($5 is null or o.bytes + d.bytes <= $5 or d.bytes <= d.counted_bytes)
                    returning d.path)
                select o.documents, o.bytes, own.counted_bytes from others o, own where not exists (select from admitted)
                """)
            .With(tenant.Uid).With(path.Value).With(version.ETag).With(plan.MaxDocuments).With(plan.MaxStoredBytes);
        await using NpgsqlDataReader reader = await batch.ExecuteReaderAsync(cancellationToken);
        await reader.NextResultAsync(cancellationToken);
        return await reader.ReadAsync(cancellationToken)
            ? FindShortage(plan, new Totals(reader.GetInt64(0), reader.GetInt64(1), 0), reader.Optional<long?>(2), version.Bytes)
            : null;
    }

    private static Shortage? FindShortage(Plan plan, Totals others, long? own, long bytes) =>
        own is null && others.Documents >= plan.MaxDocuments ? Shortage.OfDocuments(plan.MaxDocuments.Value, others.Documents)
        : others.Bytes + bytes > plan.MaxStoredBytes && !(bytes <= own) ? Shortage.OfBytes(plan.MaxStoredBytes.Value, others.Bytes)
        : null;
}
