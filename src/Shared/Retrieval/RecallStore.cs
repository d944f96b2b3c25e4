using Freehold.Postgres;
using Freehold.Sql;
using Freehold.Tenants;
using Microsoft.Extensions.Options;
using Npgsql;

namespace Freehold.Retrieval;

/// <summary>What the catalog knows of the recall of tenants whose vectors have an index.</summary>
public sealed class RecallStore(CatalogDatabase catalog, IOptions<ApproximationOptions> options)
{
    // Fewer may be a chance; of more, what was long ago counts less and less.
    private const int FewestSamples = 10;
    private const int AveragedSamples = 50;

    /// <summary>Adds a sample to the moving average.</summary>
    /// <returns>Whether the tenant's searches are to look at more.</returns>
    internal async Task<bool> AddAsync(Guid tenant, double recall, int inView, CancellationToken cancellationToken)
    {
        await using NpgsqlCommand command = catalog.Command(
                """
                update catalog.vector_indexes
                set recall = coalesce(recall + ($2 - recall) / least(samples + 1, $3), $2), samples = samples + 1, measured_at = now()
                where tenant_uid = $1
                returning samples >= $4 and recall < $5
                """)
            .With(tenant).With(recall).With(AveragedSamples).With(FewestSamples).With(options.Value.RecallTarget);
        return await command.ExecuteScalarAsync(cancellationToken) is true && inView < ApproximationOptions.MostInView;
    }

    /// <summary>Searches look at another number of passages from now on.</summary>
    internal async Task StartAnewAsync(Guid tenant, int inView, CancellationToken cancellationToken)
    {
        await using NpgsqlCommand command = catalog
            .Command("update catalog.vector_indexes set ef_search = $2, recall = null, samples = 0 where tenant_uid = $1")
            .With(tenant).With(inView);
        await command.ExecuteNonQueryAsync(cancellationToken);
    }
}
