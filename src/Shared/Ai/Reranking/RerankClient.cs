using Microsoft.Extensions.Logging;

namespace Freehold.Ai.Reranking;

/// <summary>Asks the model that puts passages in order, where the configuration names one (<c>Ai:Reranker</c>).</summary>
public sealed class RerankClient : IDisposable
{
    private const int MaxRetries = 2;

    private readonly IReranker? _reranker;
    private readonly ModelPipeline? _pipeline;
    private readonly string _name = string.Empty;

    private RerankClient()
    {
    }

    private RerankClient(RerankerOptions options, IReranker reranker, int concurrentRequests, TimeProvider time, ILogger logger)
    {
        _reranker = reranker;
        _name = options.Name;
        Candidates = options.Candidates;
        _pipeline = new ModelPipeline(
            new ModelPace(_name)
            {
                AttemptTimeout = options.AttemptTimeout,
                TotalTimeout = options.TotalTimeout,
                QueryTimeout = options.TotalTimeout,
                FirstPause = options.FirstPause,
                BreakDuration = options.BreakDuration,
                MaxRetries = MaxRetries,
                ConcurrentRequests = concurrentRequests,
            },
            time,
            logger);
    }

    /// <summary>How many of a search's best passages it puts in order; 0 where there is no such model.</summary>
    internal int Candidates { get; }

    /// <summary>Connects to nothing, but loads what lies in a folder.</summary>
    internal static RerankClient Create(RerankerOptions? options, TimeProvider time, ILogger logger) => options?.Provider switch
    {
        null => new RerankClient(),
        RerankerProvider.Onnx => new RerankClient(options, new OnnxReranker(options), options.ConcurrentRequests ?? 1, time, logger),
        _ => new RerankClient(options, new HttpReranker(options), options.ConcurrentRequests ?? 8, time, logger),
    };

    /// <summary>How well texts of a tenant answer a query: a finite score for each, in their order; higher is better.</summary>
    /// <exception cref="ModelException">The model is away, takes no more now, or answered wrongly.</exception>
    internal Task<IReadOnlyList<double>> ScoreAsync(
        Guid tenantUid, string query, IReadOnlyList<string> texts, CancellationToken cancellationToken) =>
        _pipeline!.RunAsync(
            tenantUid,
            EmbeddingUse.Query,
            tokens: 0,
            async token =>
            {
                IReadOnlyList<double> scores = await _reranker!.ScoreAsync(query, texts, token);
                return scores.All(double.IsFinite)
                    ? scores
                    : throw new ModelException(ModelFailure.Permanent, $"The model {_name} gave a score that is no finite number.") { NeedsOperator = true };
            },
            cancellationToken);

    /// <inheritdoc/>
    public void Dispose()
    {
        _pipeline?.Dispose();
        _reranker?.Dispose();
    }
}
