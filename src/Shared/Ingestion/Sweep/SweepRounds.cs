using Freehold.Sql;
using Freehold.Tenants;
using Npgsql;

namespace Freehold.Ingestion;

/// <summary>
/// How far the comparison of all tenants has come. It stands in the work store, so that a round that was interrupted goes on where
/// it was, on whatever host.
/// </summary>
public sealed class SweepRounds(WorkStore work)
{
    private static readonly TimeSpan Lease = TimeSpan.FromMinutes(5);
    private static readonly TimeSpan RemovalsKept = TimeSpan.FromDays(1);

    /// <summary>Goes on with a round, or begins one when the last began long enough ago.</summary>
    /// <returns>The tenant after which to go on; null when nothing is due, or another host is at it.</returns>
    internal async Task<string?> BeginAsync(TimeSpan interval, CancellationToken cancellationToken)
    {
        await using NpgsqlCommand command = work.Command(
                """
                update work.sweeps
                set lease_until = now() + $2, after = coalesce(after, ''),
                    began_at = case when after is null then now() else began_at end,
                    tenants = case when after is null then 0 else tenants end,
                    noted = case when after is null then 0 else noted end,
                    removed = case when after is null then 0 else removed end
                where lease_until <= now() and (after is not null or began_at <= now() - $1)
                returning after
                """)
            .With(interval).With(Lease);
        return (string?)await command.ExecuteScalarAsync(cancellationToken);
    }

    /// <summary>A tenant is done.</summary>
    internal async Task AdvanceAsync(TenantId tenant, long noted, long removed, CancellationToken cancellationToken)
    {
        await using NpgsqlCommand command = work.Command(
                """
                update work.sweeps
                set lease_until = now() + $4, after = $1, tenants = tenants + 1, noted = noted + $2, removed = removed + $3
                """)
            .With(tenant.Value).With(noted).With(removed).With(Lease);
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    /// <summary>Lets the next run go on.</summary>
    internal async Task PauseAsync(CancellationToken cancellationToken)
    {
        await using NpgsqlCommand command = work.Command("update work.sweeps set lease_until = now()");
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    /// <summary>The round is over. Removals that nobody needs to hear of any more are forgotten.</summary>
    /// <returns>What it found.</returns>
    internal async Task<(int Tenants, long Noted, long Removed)> FinishAsync(CancellationToken cancellationToken)
    {
        await using NpgsqlBatch batch = work.Batch();
        batch.Add(
            """
            update work.sweeps
            set lease_until = now(), after = null,
                last = jsonb_build_object('finishedAt', now(), 'tenants', tenants, 'noted', noted, 'removed', removed)
            returning tenants, noted, removed
            """);
        batch.Add("delete from work.removed_documents where removed_at < now() - $1").With(RemovalsKept);
        await using NpgsqlDataReader reader = await batch.ExecuteReaderAsync(cancellationToken);
        await reader.ReadAsync(cancellationToken);
        return (reader.GetInt32(0), reader.GetInt64(1), reader.GetInt64(2));
    }
}
