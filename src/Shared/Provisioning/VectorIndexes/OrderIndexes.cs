using Freehold.Postgres;
using Freehold.Sql;
using Freehold.Tenants;
using Microsoft.Extensions.Options;
using Npgsql;

namespace Freehold.Provisioning.VectorIndexes;

/// <summary>
/// Finds tenants that have grown too large to be searched exactly, by the work store alone, and writes the operations that build their
/// indexes. A tenant that shrinks keeps its index.
/// </summary>
public sealed class OrderIndexes(
    CatalogDatabase catalog, WorkStore work, Regions regions, IOptions<ApproximationOptions> options, TimeProvider time)
{
    // Building takes a database server's processors. What is left, the next turn takes.
    private const int Most = 10;

    private static readonly TimeSpan PauseAfterFailure = TimeSpan.FromHours(1);

    /// <summary>Operations to wake.</summary>
    public async Task<IReadOnlyList<Guid>> RunAsync(CancellationToken cancellationToken)
    {
        (Guid[] tenants, long[] chunks) = await FindLargeAsync(cancellationToken);
        if (tenants.Length == 0)
        {
            return [];
        }

        DateTimeOffset now = time.GetUtcNow();
        Guid[] operations = [.. Enumerable.Range(0, Most).Select(_ => Guid.CreateVersion7(now))];
        await using NpgsqlCommand command = catalog.Command(
                """
                with wanted as (
                    select t.uid, t.id, row_number() over (order by l.chunks desc) as n
                    from unnest($1::uuid[], $5::bigint[]) l (tenant_uid, chunks) join catalog.tenants t on t.uid = l.tenant_uid
                    where t.state = 'active' and t.region = $6
                        and not exists (select from catalog.vector_indexes v where v.tenant_uid = t.uid)
                        and not exists (
                            select from catalog.operations o
                            where o.tenant_uid = t.uid and (o.state in ('queued', 'running') and o.kind in ('build-index', 'change-model')
                                or o.kind = 'build-index' and o.finished_at > $3 and o.state = 'failed')))
                insert into catalog.operations (id, kind, tenant_uid, tenant_id, state, step, next_attempt_at, created_at)
                select o.id, 'build-index', w.uid, w.id, 'queued', 'start', $4, $4
                from wanted w join unnest($2::uuid[]) with ordinality as o (id, n) using (n)
                on conflict do nothing
                returning id
                """)
            .With(tenants).With(operations).With(now - PauseAfterFailure).With(now).With(chunks).With(regions.Here);
        await using NpgsqlDataReader reader = await command.ExecuteReaderAsync(cancellationToken);
        List<Guid> ordered = [];
        while (await reader.ReadAsync(cancellationToken))
        {
            ordered.Add(reader.GetGuid(0));
        }

        return ordered;
    }

    private async Task<(Guid[] Tenants, long[] Chunks)> FindLargeAsync(CancellationToken cancellationToken)
    {
        await using NpgsqlCommand command = work
            .Command("select tenant_uid, sum(chunks) from work.documents group by tenant_uid having sum(chunks) > $1")
            .With((long)options.Value.ApproximateAbove);
        await using NpgsqlDataReader reader = await command.ExecuteReaderAsync(cancellationToken);
        List<(Guid Tenant, long Chunks)> large = [];
        while (await reader.ReadAsync(cancellationToken))
        {
            large.Add((reader.GetGuid(0), reader.GetInt64(1)));
        }

        return ([.. large.Select(each => each.Tenant)], [.. large.Select(each => each.Chunks)]);
    }
}
