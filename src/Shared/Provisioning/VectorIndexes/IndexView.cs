using Freehold.Postgres;
using Freehold.Provisioning.Providers;
using Freehold.Sql;
using Freehold.Tenants;
using Microsoft.Extensions.Options;
using Npgsql;

namespace Freehold.Provisioning.VectorIndexes;

/// <summary>
/// Finds how much of a tenant's index a search has to keep in view: the least of some steps at which enough of the truly nearest are
/// found. Passages of the tenant's own are the queries, each without itself.
/// </summary>
public sealed class IndexView(DatabaseProviders providers, IOptions<ApproximationOptions> options)
{
    private const int Samples = 32;

    // Below a hundred nothing is gained: as many candidates are asked for.
    private static readonly int[] Steps = [100, 150, 200, 300, 400, 600, 800, ApproximationOptions.MostInView];

    // The two differ in a zero, which keeps the planner from the index.
    private const string Compare =
        """
        with query as materialized (select embedding from embeddings where id = $1),
        near as materialized (
            select -(embedding <#> (select embedding from query)) as score from embeddings
            order by embedding <#> (select embedding from query) limit 11),
        truly as materialized (
            select -(embedding <#> (select embedding from query)) as score from embeddings
            order by (embedding <#> (select embedding from query)) + 0 limit 11)
        select greatest(count(*) - 1, 0)::float8 / greatest((select count(*) - 1 from truly), 1)
        from near where score >= (select min(score) from truly)
        """;

    /// <summary>Finds it and has searches keep to it.</summary>
    /// <returns>How many passages searches keep in view.</returns>
    internal async Task<int> ChooseAsync(TenantPlacement tenant, CancellationToken cancellationToken)
    {
        await using NpgsqlConnection owner = await providers.Of(tenant.Provider).OpenAsOwnerAsync(tenant.Database!, cancellationToken);
        await ExecuteAsync(owner, "set hnsw.iterative_scan = relaxed_order", cancellationToken);
        await ExecuteAsync(owner, "set enable_seqscan = off", cancellationToken);

        // A scan that is off costs so much that every one of these small queries would be compiled.
        await ExecuteAsync(owner, "set jit = off", cancellationToken);
        long[] passages = await SampleAsync(owner, cancellationToken);

        // Passages are easier to find than questions, which lie a little apart.
        double wanted = (1 + options.Value.RecallTarget) / 2;
        int chosen = Steps[^1];
        foreach (int step in Steps)
        {
            if (await RecallAsync(owner, passages, step, cancellationToken) >= wanted)
            {
                chosen = step;
                break;
            }
        }

        await using NpgsqlCommand command = new NpgsqlCommand("update settings set ef_search = $1", owner).With(chosen);
        await command.ExecuteNonQueryAsync(cancellationToken);
        return chosen;
    }

    private static async Task<double> RecallAsync(NpgsqlConnection owner, long[] passages, int inView, CancellationToken cancellationToken)
    {
        await ExecuteAsync(owner, $"set hnsw.ef_search = {inView}", cancellationToken);
        double sum = 0;
        foreach (long passage in passages)
        {
            await using NpgsqlCommand command = new NpgsqlCommand(Compare, owner).With(passage);
            sum += await command.ExecuteScalarAsync(cancellationToken) as double? ?? 1;
        }

        return passages.Length == 0 ? 1 : sum / passages.Length;
    }

    private static async Task<long[]> SampleAsync(NpgsqlConnection owner, CancellationToken cancellationToken)
    {
        await using NpgsqlCommand command = new NpgsqlCommand("select array(select id from embeddings order by random() limit $1)", owner).With(Samples);
        return (long[])(await command.ExecuteScalarAsync(cancellationToken))!;
    }

    private static async Task ExecuteAsync(NpgsqlConnection owner, string sql, CancellationToken cancellationToken)
    {
#pragma warning disable CA2100 // Constants above.
        await using NpgsqlCommand command = new(sql, owner);
#pragma warning restore CA2100
        await command.ExecuteNonQueryAsync(cancellationToken);
    }
}
