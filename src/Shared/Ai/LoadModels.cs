using Freehold.Ai.Reranking;
using Microsoft.Extensions.Hosting;

namespace Freehold.Ai;

/// <summary>
/// Has the models loaded when the host starts, so that a wrong folder stops it then, not the first document. Asks no endpoint: a model
/// that is away keeps no host from starting.
/// </summary>
internal sealed class LoadModels(EmbeddingModels models, RerankClient reranker) : IHostedService
{
    public Task StartAsync(CancellationToken cancellationToken) => Task.FromResult((models, reranker));

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}
