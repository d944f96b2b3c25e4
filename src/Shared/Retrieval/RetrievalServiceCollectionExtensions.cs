using Freehold.Retrieval.Evaluation;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace Freehold.Retrieval;

/// <summary>Registers search.</summary>
public static class RetrievalServiceCollectionExtensions
{
    /// <summary>Settings: <c>Retrieval</c>.</summary>
    public static IServiceCollection AddRetrieval(this IServiceCollection services, IConfiguration configuration)
    {
        services.AddOptions<RetrievalOptions>().Bind(configuration.GetSection("Retrieval")).ValidateOnStart();
        services.AddSingleton<IValidateOptions<RetrievalOptions>, RetrievalOptionsValidator>();
        services.AddSingleton<RecallStore>();
        services.AddSingleton<RecallMeter>();
        services.AddHostedService(provider => provider.GetRequiredService<RecallMeter>());
        services.AddSingleton<QueryVectors>();
        services.AddTransient<SearchChunks>();
        services.AddTransient<EvaluationStore>();
        services.AddTransient<EvaluateSearch>();
        return services;
    }
}
