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

/// <summary>Estimates a change of a tenant's model, and writes its intent. Asks the catalog alone.</summary>
public sealed class EstimateModelChange(CatalogDatabase catalog, EmbeddingModels models)
{
    /// <summary>What the change would take.</summary>
    /// <param name="id">The tenant.</param>
    /// <param name="to">The model; null to ask for the one that there is.</param>
    /// <param name="cancellationToken">The caller went away.</param>
    /// <exception cref="ImpossibleRequestException">No such model is configured.</exception>
    public async Task<ModelChangeEstimate> RunAsync(TenantId id, string? to, CancellationToken cancellationToken)
    {
        if (to is not null)
        {
            Require(to);
        }

        // Documents of before tokens were counted are taken to have as many a passage as passages then aimed at.
        await using NpgsqlCommand command = catalog.Command(
                """
                select t.embedding_model, t.next_embedding_model, coalesce(sum(d.chunks), 0)::bigint,
                    coalesce(sum(case when d.tokens = 0 then d.chunks * 250 else d.tokens end), 0)::bigint
                from catalog.tenants t left join work.documents d on d.tenant_uid = t.uid
                where t.id = $1 and t.state <> 'deleted' group by t.uid
                """)
            .With(id.Value);
        await using NpgsqlDataReader reader = await command.ExecuteReaderAsync(cancellationToken);
        if (!await reader.ReadAsync(cancellationToken))
        {
            throw new TenantNotFoundException();
        }

        string model = reader.GetString(0);
        to ??= reader.Optional<string>(1);
        return to is null ? new ModelChangeEstimate(model, to) : Estimate(model, to, reader.GetInt64(2), reader.GetInt64(3));
    }

    /// <summary>The change to a model.</summary>
    /// <exception cref="InvalidInputException">None is named.</exception>
    /// <exception cref="ImpossibleRequestException">No such model is configured.</exception>
    public TenantChange ChangeTo(string? model) =>
        string.IsNullOrEmpty(model) ? throw new InvalidInputException("malformed-json", "Name the 'model'.") : TenantChange.ChangeModel(Require(model).Id);

    private EmbeddingModel Require(string id) => models.Find(id)?.Model ?? throw new ImpossibleRequestException(
        "unknown-model", $"The models here are {string.Join(", ", models.All.Select(client => client.Model.Id).Order(StringComparer.Ordinal))}.");

    private ModelChangeEstimate Estimate(string model, string to, long chunks, long tokens)
    {
        // Back to the model that there is: nothing has to be embedded.
        (chunks, tokens) = model == to ? (0, 0) : (chunks, tokens);
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
}
