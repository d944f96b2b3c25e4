using Freehold.Messaging;
using Freehold.Sql;
using Freehold.Storage;
using Freehold.Tenants;
using Npgsql;

namespace Freehold.Ingestion;

/// <summary>
/// Who is in flight. A document has a turn from when its wake-up is sent until a handler has ended, and a tenant has as many turns as
/// its plan says, exactly, over all hosts; its other documents wait in the work store instead of in a queue, where they would stand
/// before everybody else's. What takes turns has to send the wake-ups that it gets. A note is committed before it looks for a turn,
/// and a turn is given back before the next is taken, so of two at a time one sees the other.
/// </summary>
public sealed class Turns(WorkStore work, TenantCatalog tenants, Regions regions, Plans plans)
{
    private const int MostPerRoundTrip = 100;

    /// <summary>Takes the turns that are free.</summary>
    internal async Task<WakeUps> TakeAsync(TenantPlacement tenant, CancellationToken cancellationToken)
    {
        await using NpgsqlBatch batch = work.BatchOfTransactions();
        AddTake(batch, tenant);
        await using NpgsqlDataReader reader = await batch.ExecuteReaderAsync(cancellationToken);
        return await ReadAsync(reader, tenant.Uid, cancellationToken);
    }

    /// <summary>Takes the turns that are free, as a batch's last statement. <see cref="ReadAsync"/> reads them.</summary>
    internal void AddTake(NpgsqlBatch batch, TenantPlacement tenant) => AddTake(batch, tenant.Uid, AtOnce(tenant.State, tenant.Plan, tenant.Region));

    /// <summary>Reads what <see cref="AddTake(NpgsqlBatch, TenantPlacement)"/> took, from the result that the reader stands at.</summary>
    internal static async Task<WakeUps> ReadAsync(NpgsqlDataReader reader, Guid tenantUid, CancellationToken cancellationToken)
    {
        List<string> documents = [];
        List<string> embeddings = [];
        while (await reader.ReadAsync(cancellationToken))
        {
            string path = reader.GetString(0);
            if (reader.GetString(1) == DocumentStates.Embedding)
            {
                embeddings.Add(EmbeddingDue.For(tenantUid, path));
            }
            else
            {
                documents.Add(DocumentChanged.For(tenantUid, path));
            }
        }

        return documents.Count + embeddings.Count == 0 ? WakeUps.None : new WakeUps(documents, embeddings);
    }

    /// <summary>Gives a document's turn back, unless another is at work on it, and takes the turns that are free then.</summary>
    internal async Task<WakeUps> EndAsync(TenantPlacement tenant, DocumentPath path, CancellationToken cancellationToken)
    {
        await using NpgsqlBatch batch = work.BatchOfTransactions();
        batch.Add(
                """
                update work.documents set turn_at = null
                where tenant_uid = $1 and path = $2 and turn_at is not null and (busy_until is null or busy_until <= now())
                """)
            .With(tenant.Uid).With(path.Value);
        AddTake(batch, tenant);
        await using NpgsqlDataReader reader = await batch.ExecuteReaderAsync(cancellationToken);
        return await ReadAsync(reader, tenant.Uid, cancellationToken);
    }

    /// <summary>Gives the turns back of messages that are lost, of hosts that are dead and of pauses that are over.</summary>
    /// <param name="patience">How long a message may be under way.</param>
    /// <param name="cancellationToken">Gives none back.</param>
    internal async Task GiveBackLostAsync(TimeSpan patience, CancellationToken cancellationToken)
    {
        await using NpgsqlCommand command = work.Command(
                """
                update work.documents set turn_at = null, busy_until = null
                where turn_at is not null and case when busy_until is null then turn_at < now() - $1 else busy_until <= now() end
                """)
            .With(patience);
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    /// <summary>Tenants of which a document is due that has no turn. Looks at one document of each tenant that has any waiting.</summary>
    internal async Task<IReadOnlyList<Guid>> FindWaitingAsync(CancellationToken cancellationToken)
    {
        await using NpgsqlCommand command = work.Command(
            """
            with recursive first as (
                (select tenant_uid, next_attempt_at from work.documents
                where turn_at is null and next_attempt_at is not null order by tenant_uid, next_attempt_at limit 1)
                union all
                select next.* from first cross join lateral (
                    select d.tenant_uid, d.next_attempt_at from work.documents d
                    where d.turn_at is null and d.next_attempt_at is not null and d.tenant_uid > first.tenant_uid
                    order by d.tenant_uid, d.next_attempt_at limit 1) next)
            select tenant_uid from first where next_attempt_at <= now()
            """);
        await using NpgsqlDataReader reader = await command.ExecuteReaderAsync(cancellationToken);
        List<Guid> waiting = [];
        while (await reader.ReadAsync(cancellationToken))
        {
            waiting.Add(reader.GetGuid(0));
        }

        return waiting;
    }

    /// <summary>Takes the free turns of many tenants.</summary>
    internal async Task<WakeUps> TakeAsync(IReadOnlyList<Guid> uids, CancellationToken cancellationToken)
    {
        List<string> documents = [];
        List<string> embeddings = [];
        foreach (Guid[] some in uids.Chunk(MostPerRoundTrip))
        {
            IReadOnlyDictionary<Guid, (TenantState State, string Plan, string Region)> found = await tenants.FindPlansAsync(some, cancellationToken);
            await using NpgsqlBatch batch = work.BatchOfTransactions();
            foreach (Guid uid in some)
            {
                // A tenant that the catalog does not know is woken too: whoever looks at its documents forgets them.
                AddTake(batch, uid, found.TryGetValue(uid, out var tenant) ? AtOnce(tenant.State, tenant.Plan, tenant.Region) : 1);
            }

            await using NpgsqlDataReader reader = await batch.ExecuteReaderAsync(cancellationToken);
            foreach (Guid uid in some)
            {
                WakeUps taken = await ReadAsync(reader, uid, cancellationToken);
                documents.AddRange(taken.Documents);
                embeddings.AddRange(taken.Embeddings);
                await reader.NextResultAsync(cancellationToken);
            }
        }

        return new WakeUps(documents, embeddings);
    }

    // The documents of a tenant that does not serve here wait where they are. Those of a deleted one are woken, to be forgotten.
    private int AtOnce(TenantState state, string plan, string region) => state switch
    {
        TenantState.Active when region == regions.Here => plans.Of(plan).DocumentsAtOnce,
        TenantState.Deleted => 1,
        _ => 0,
    };

    private static void AddTake(NpgsqlBatch batch, Guid tenantUid, int atOnce) =>
        batch.Add("select path, state from work.take_turns($1, $2)").With(tenantUid).With(atOnce);
}
