namespace Freehold.Ai.Reranking;

/// <summary>Says how well texts answer a query. Each call asks once; nothing is tried again here.</summary>
internal interface IReranker : IDisposable
{
    /// <summary>A score for each text, in the texts' order; higher is better. Scores of two queries need not compare.</summary>
    /// <exception cref="ModelException">It is away, takes no more now, or answered wrongly.</exception>
    Task<IReadOnlyList<double>> ScoreAsync(string query, IReadOnlyList<string> texts, CancellationToken cancellationToken);
}
