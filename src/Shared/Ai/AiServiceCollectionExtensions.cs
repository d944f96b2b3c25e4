using Microsoft.Extensions.AI;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace Freehold.Ai;

/// <summary>Registers the models.</summary>
public static class AiServiceCollectionExtensions
{
    /// <summary>Adds the embedded default embedder, unless another embedding generator was added before.</summary>
    public static IServiceCollection AddAi(this IServiceCollection services, IConfiguration configuration)
    {
        ArgumentNullException.ThrowIfNull(configuration);
        services.TryAddSingleton(new EmbeddingModel(LexicalEmbedder.ModelId, LexicalEmbedder.Dimensions, DenseWeight: 0.1));
        services.TryAddSingleton<IEmbeddingGenerator<string, Embedding<float>>, LexicalEmbedder>();
        return services;
    }
}
