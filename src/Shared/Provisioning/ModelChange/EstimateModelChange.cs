using Freehold.Ai;
using Freehold.Sql;
using Freehold.Tenants;
using Npgsql;

namespace Freehold.Provisioning.ModelChange;

/// <summary>A tenant's embedding model, and what changing it would take.</summary>
/// <param name="Model">The model whose vectors are searched.</param>
/// <param name="To">The model asked about, or the one that the tenant is being changed to; null when neither.</param>
/// <param name="Chunks">Passages to be embedded.</param>
/// <param name="Tokens">Their tokens, as counted when they were taken in.</param>
/// <param name="Price">What they cost; null where no price is configured.</param>
/// <param name="PricePerMillionTokens">The configured price.</param>
/// <param name="Minutes">The least that it takes at the model's rate; null where none is set.</param>
public sealed record ModelChangeEstimate(
    string Model,
    string? To,
    long? Chunks = null,
    long? Tokens = null,
    decimal? Price = null,
    decimal? PricePerMillionTokens = null,
    double? Minutes = null);

/// <summary>Estimates a change of a tenant's model, and writes its intent. Asks the catalog and the work store alone.</summary>
public sealed class EstimateModelChange(CatalogDatabase catalog, WorkStore work, Regions regions, EmbeddingModels models)
{
    /// <summary>What the change would take.</summary>
    /// <param name="id">The tenant.</param>
    /// <param name="to">The model; null to ask for the one that there is.</param>
    /// <param name="cancellationToken">The caller went away.</param>
    /// <exception cref="ImpossibleRequestException">No such model is configured.</exception>
    /// <exception cref="MisdirectedRegionException">The tenant is in another region.</exception>
    public async Task<ModelChangeEstimate> RunAsync(TenantId id, string? to, CancellationToken cancellationToken)
    {
        if (to is not null)
        {
            Require(to);
        }

        await using NpgsqlCommand command = catalog
            .Command("select uid, embedding_model, next_embedding_model, region from catalog.tenants where id = $1 and state <> 'deleted'").With(id.Value);
        await using NpgsqlDataReader reader = await command.ExecuteReaderAsync(cancellationToken);
        if (!await reader.ReadAsync(cancellationToken))
        {
            throw new TenantNotFoundException();
        }

        regions.RequireHere(reader.GetString(3));
        string model = reader.GetString(1);
        to ??= reader.Optional<string>(2);
        return to is null ? new ModelChangeEstimate(model, to) : await EstimateAsync(reader.GetGuid(0), model, to, cancellationToken);
    }

    /// <summary>The change to a model.</summary>
    /// <exception cref="InvalidInputException">None is named.</exception>
    /// <exception cref="ImpossibleRequestException">No such model is configured.</exception>
    public TenantChange ChangeTo(string? model) =>
        string.IsNullOrEmpty(model) ? throw new InvalidInputException("malformed-json", "Name the 'model'.") : TenantChange.ChangeModel(Require(model).Id);

    private EmbeddingModel Require(string id) => models.Find(id)?.Model ?? throw new ImpossibleRequestException(
        "unknown-model", $"The models here are {string.Join(", ", models.All.Select(client => client.Model.Id).Order(StringComparer.Ordinal))}.");

    private async Task<ModelChangeEstimate> EstimateAsync(Guid tenantUid, string model, string to, CancellationToken cancellationToken)
    {
        // Back to the model that there is: nothing has to be embedded.
        (long chunks, long tokens) = model == to ? (0, 0) : await SumAsync(tenantUid, cancellationToken);
        EmbeddingModel? next = models.Find(to)?.Model;
        return new ModelChangeEstimate(
            model,
            to,
            chunks,
            tokens,
            next?.PricePerMillionTokens * tokens / 1_000_000,
            next?.PricePerMillionTokens,
            next?.TokensPerMinute is { } rate ? Math.Round((double)tokens / rate, 1) : null);
    }

    private async Task<(long Chunks, long Tokens)> SumAsync(Guid tenantUid, CancellationToken cancellationToken)
    {
        // Documents of before tokens were counted are taken to have as many a passage as passages then aimed at.
        await using NpgsqlCommand command = work.Command(
                """
                select coalesce(sum(chunks), 0)::bigint, coalesce(sum(case when tokens = 0 then chunks * 250 else tokens end), 0)::bigint
                from work.documents where tenant_uid = $1
                """)
            .With(tenantUid);
        await using NpgsqlDataReader reader = await command.ExecuteReaderAsync(cancellationToken);
        await reader.ReadAsync(cancellationToken);
        return (reader.GetInt64(0), reader.GetInt64(1));
    }
}
