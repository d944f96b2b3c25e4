using Freehold.Ai.Onnx;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.Logging;
using Microsoft.ML.Tokenizers;

namespace Freehold.Ai;

/// <summary>Makes clients of models from their settings. Connects to nothing, but loads what lies in folders.</summary>
internal static class EmbeddingProviders
{
    /// <summary>Tokens of a text that OpenAI's models take, with a little left over.</summary>
    public const int RemoteInputTokens = 8_000;

    // Enough requests at a time to keep a model busy, and few enough texts to hold the vectors of.
    private const int MostBatchesInOneGo = 4;

    /// <summary>The embedded model, which nothing has to be set for.</summary>
    public static EmbeddingModel LexicalModel(ModelOptions? options) =>
        new(LexicalEmbedder.ModelId, LexicalEmbedder.Dimensions, options?.DenseWeight ?? 0.1)
        {
            IsOfWords = true,
            PricePerMillionTokens = options?.PricePerMillionTokens,
        };

    /// <summary>A model that the settings describe.</summary>
    public static EmbeddingClient Create(ModelOptions options, TimeProvider time, ILogger logger) => options.Provider switch
    {
        EmbeddingProvider.Onnx => CreateOnnx(options, time, logger),
        EmbeddingProvider.OpenAI or EmbeddingProvider.AzureOpenAI => Assemble(
            options,
            new OpenAIEmbedder(options),
            Tokenizers.Find(options.Tokenizer),
            maxChunks: 96,
            RemoteInputTokens,
            concurrentRequests: 8,
            time,
            logger),
        _ => throw new ArgumentOutOfRangeException(nameof(options)),
    };

    private static EmbeddingClient CreateOnnx(ModelOptions options, TimeProvider time, ILogger logger)
    {
        OnnxEmbedder embedder = new(options);
        return Assemble(
            options, embedder, embedder.Tokenizer, maxChunks: 16, OnnxModel.DefaultInputTokens, concurrentRequests: 1, time, logger);
    }

    private static EmbeddingClient Assemble(
        ModelOptions options,
        IEmbeddingGenerator<string, Embedding<float>> generator,
        Tokenizer tokenizer,
        int maxChunks,
        int maxInputTokens,
        int concurrentRequests,
        TimeProvider time,
        ILogger logger)
    {
        maxChunks = options.MaxBatchChunks ?? maxChunks;
        maxInputTokens = options.MaxInputTokens ?? maxInputTokens;
        concurrentRequests = options.ConcurrentRequests ?? concurrentRequests;
        int atATime = Math.Min(concurrentRequests, MostBatchesInOneGo);
        int maxTokens = Math.Min(options.MaxBatchTokens, options.TokensPerMinute ?? int.MaxValue);

        // What ten seconds allow, less what is kept for queries: a larger request would make these wait.
        int batchTokens = Math.Min(maxTokens, options.TokensPerMinute * 3 / 20 ?? int.MaxValue);
        EmbeddingModel model = new(options.Id, options.Dimensions!.Value, options.DenseWeight ?? 1, maxChunks * atATime)
        {
            Tokenizer = tokenizer,
            MaxInputTokens = maxInputTokens,
            TokensPerMinute = options.TokensPerMinute,
            PricePerMillionTokens = options.PricePerMillionTokens,
        };
        return new EmbeddingClient(
            model,
            generator,
            options,
            new EmbeddingBatches(tokenizer, maxChunks, batchTokens, Math.Min(maxInputTokens, maxTokens)),
            new ModelPipeline(PaceOf(options, concurrentRequests), time, logger),
            atATime);
    }

    private static ModelPace PaceOf(ModelOptions options, int concurrentRequests) => new(options.Id)
    {
        AttemptTimeout = options.AttemptTimeout,
        TotalTimeout = options.TotalTimeout,
        QueryTimeout = options.QueryTimeout,
        FirstPause = options.FirstPause,
        BreakDuration = options.BreakDuration,
        ConcurrentRequests = concurrentRequests,
        RequestsPerMinute = options.RequestsPerMinute,
        TokensPerMinute = options.TokensPerMinute,
    };
}
