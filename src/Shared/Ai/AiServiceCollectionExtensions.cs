using Freehold.Ai.Reranking;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Freehold.Ai;

/// <summary>Registers the models.</summary>
public static class AiServiceCollectionExtensions
{
    /// <summary>
    /// Adds the embedded model and those below <c>Ai:Models</c>. An <see cref="EmbeddingModel"/> or an embedding generator that was added
    /// before takes the place of the embedded one's.
    /// </summary>
    public static IServiceCollection AddAi(this IServiceCollection services, IConfiguration configuration)
    {
        // Without this, a model with one value that cannot be read, a number with a letter say, is left out without a word.
        services.AddOptions<AiOptions>().Bind(configuration.GetSection("Ai"), binder => binder.ErrorOnUnknownConfiguration = true).ValidateOnStart();
        services.AddSingleton<IValidateOptions<AiOptions>, AiOptionsValidator>();
        services.TryAddSingleton(TimeProvider.System);
        bool ownModel = services.Any(service => service.ServiceType == typeof(EmbeddingModel));
        bool ownGenerator = services.Any(service => service.ServiceType == typeof(IEmbeddingGenerator<string, Embedding<float>>));
        services.AddSingleton(provider => Make(
            provider,
            ownModel ? provider.GetRequiredService<EmbeddingModel>() : null,
            ownGenerator ? provider.GetRequiredService<IEmbeddingGenerator<string, Embedding<float>>>() : null));
        services.TryAddSingleton(provider => provider.GetRequiredService<EmbeddingModels>().Default.Model);
        services.TryAddSingleton(provider => provider.GetRequiredService<EmbeddingModels>().Default.Generator);
        services.AddSingleton(provider => new ChatModels(provider.GetRequiredService<IOptions<AiOptions>>().Value.Chat is { } chat
            ? new ChatModel(chat, provider.GetRequiredService<TimeProvider>(), provider.GetRequiredService<ILogger<ChatModel>>())
            : null));
        services.AddSingleton(provider => RerankClient.Create(
            provider.GetRequiredService<IOptions<AiOptions>>().Value.Reranker,
            provider.GetRequiredService<TimeProvider>(),
            provider.GetRequiredService<ILogger<RerankClient>>()));
        services.AddHostedService<LoadModels>();
        return services;
    }

    private static EmbeddingModels Make(
        IServiceProvider provider, EmbeddingModel? model, IEmbeddingGenerator<string, Embedding<float>>? generator)
    {
        AiOptions options = provider.GetRequiredService<IOptions<AiOptions>>().Value;
        TimeProvider time = provider.GetRequiredService<TimeProvider>();
        ILogger<EmbeddingModels> logger = provider.GetRequiredService<ILogger<EmbeddingModels>>();
        ModelOptions? lexical = options.Models.FirstOrDefault(candidate => candidate.Provider == EmbeddingProvider.Lexical);
        EmbeddingClient embedded = new(model ?? EmbeddingProviders.LexicalModel(lexical), generator ?? new LexicalEmbedder());
        return new EmbeddingModels(
            [embedded, .. options.Models.Where(candidate => candidate != lexical).Select(candidate => EmbeddingProviders.Create(candidate, time, logger))],
            options.DefaultModel == LexicalEmbedder.ModelId ? embedded.Model.Id : options.DefaultModel);
    }
}
