namespace Freehold.Ai;

/// <summary>The model that embeds documents and queries.</summary>
/// <param name="Id">Its name, which a tenant database keeps, since vectors of two models do not compare.</param>
/// <param name="Dimensions">Length of its vectors.</param>
/// <param name="DenseWeight">Weight of its ranking beside the lexical one, whose weight is 1.</param>
/// <param name="ChunksInOneGo">
/// How many chunks of a document are embedded while the document is read; a longer document waits in stages. Without bound for a model
/// in this process.
/// </param>
/// <param name="MaxInputTokens">Most tokens of a text that it reads.</param>
public sealed record EmbeddingModel(
    string Id, int Dimensions, double DenseWeight, int ChunksInOneGo = int.MaxValue, int MaxInputTokens = 8_191);
