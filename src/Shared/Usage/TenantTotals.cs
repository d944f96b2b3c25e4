using Freehold.Sql;
using Freehold.Tenants;
using Microsoft.Extensions.Caching.Memory;
using Npgsql;

namespace Freehold.Usage;

/// <summary>
/// Sums up tenants' documents from the work store, never from their own databases. Far from every limit of the plan, the sums are
/// remembered for a moment, with what this host adds meanwhile; nearer, they are asked for each time.
/// </summary>
public sealed class TenantTotals(WorkStore work, TimeProvider time) : IDisposable
{
    private static readonly TimeSpan ForgottenAfter = TimeSpan.FromMinutes(1);
    private const int MostRememberedTenants = 20_000;

    private readonly MemoryCache _remembered = new(new MemoryCacheOptions { SizeLimit = MostRememberedTenants });
    private readonly Lock _lock = new();

    /// <summary>A tenant's documents, bytes and passages now.</summary>
    public async Task<Totals> FindAsync(Guid tenantUid, CancellationToken cancellationToken) =>
        (await FindWithoutAsync(tenantUid, null, cancellationToken)).Others;

    /// <inheritdoc/>
    public void Dispose() => _remembered.Dispose();

    /// <summary>Whether so much can be added without coming near a limit.</summary>
    internal async Task<bool> IsFarAsync(Guid tenantUid, Plan plan, Totals addition, CancellationToken cancellationToken) =>
        plan.HasRoomForAll || (await RememberedAsync(tenantUid, cancellationToken)).IsFar(plan, addition, isAdded: false);

    /// <summary>The same, and if so it counts as added: the caller is about to write it down.</summary>
    internal async Task<bool> AddAsync(Guid tenantUid, Plan plan, Totals addition, CancellationToken cancellationToken) =>
        plan.HasRoomForAll || (await RememberedAsync(tenantUid, cancellationToken)).IsFar(plan, addition, isAdded: true);

    /// <summary>A tenant's documents but one, and the bytes that this one counts with; null where it does not count yet.</summary>
    internal async Task<(Totals Others, long? Own)> FindWithoutAsync(Guid tenantUid, string? path, CancellationToken cancellationToken)
    {
        await using NpgsqlCommand command = work.Command(
                """
                select count(counted_bytes) filter (where path is distinct from $2),
                    coalesce(sum(counted_bytes) filter (where path is distinct from $2), 0)::bigint,
                    coalesce(sum(chunks) filter (where path is distinct from $2), 0)::bigint,
                    max(counted_bytes) filter (where path = $2)
                from work.documents where tenant_uid = $1
                """)
            .With(tenantUid).With(path);
        await using NpgsqlDataReader reader = await command.ExecuteReaderAsync(cancellationToken);
        await reader.ReadAsync(cancellationToken);
        return (new Totals(reader.GetInt64(0), reader.GetInt64(1), reader.GetInt64(2)), reader.Optional<long?>(3));
    }

    private async Task<RunningTotals> RememberedAsync(Guid tenantUid, CancellationToken cancellationToken)
    {
        RunningTotals? running;
        lock (_lock)
        {
            if (!_remembered.TryGetValue(tenantUid, out running))
            {
                running = new RunningTotals(time);
                _remembered.Set(tenantUid, running, new MemoryCacheEntryOptions { Size = 1, SlidingExpiration = ForgottenAfter });
            }
        }

        if (running!.IsStale)
        {
            running.Renew(await FindAsync(tenantUid, cancellationToken));
        }

        return running;
    }
}
