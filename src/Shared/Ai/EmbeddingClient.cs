using Microsoft.Extensions.AI;

namespace Freehold.Ai;

/// <summary>Embeds with one model. What is sent elsewhere goes in batches, in fair turns, and again where that helps.</summary>
public sealed class EmbeddingClient : IDisposable
{
    private readonly EmbeddingBatches? _batches;
    private readonly ModelPipeline? _pipeline;
    private readonly int _batchesAtATime;
    private readonly string _queryPrefix = string.Empty;
    private readonly string _documentPrefix = string.Empty;

    /// <summary>One that computes at once, here, and cannot be away.</summary>
    internal EmbeddingClient(EmbeddingModel model, IEmbeddingGenerator<string, Embedding<float>> generator)
    {
        Model = model;
        Generator = generator;
    }

    /// <summary>One that has to be waited for.</summary>
    internal EmbeddingClient(
        EmbeddingModel model,
        IEmbeddingGenerator<string, Embedding<float>> generator,
        ModelOptions options,
        EmbeddingBatches batches,
        ModelPipeline pipeline,
        int batchesAtATime)
        : this(model, generator)
    {
        _batches = batches;
        _pipeline = pipeline;
        _batchesAtATime = batchesAtATime;
        _queryPrefix = options.QueryPrefix;
        _documentPrefix = options.DocumentPrefix;
    }

    /// <summary>The model.</summary>
    public EmbeddingModel Model { get; }

    /// <summary>Whether it has to be waited for, so that what it made is worth remembering.</summary>
    internal bool HasToBeAsked => _pipeline is not null;

    /// <summary>What computes, without turns and retries.</summary>
    internal IEmbeddingGenerator<string, Embedding<float>> Generator { get; }

    /// <summary>Embeds texts of a tenant. All of them, or it throws.</summary>
    /// <exception cref="ModelException">The model is away, takes no more now, or answered wrongly.</exception>
    public async Task<EmbeddedTexts> EmbedAsync(
        Guid tenantUid, IReadOnlyList<string> texts, EmbeddingUse use, CancellationToken cancellationToken)
    {
        if (_pipeline is null)
        {
            return await EmbedHereAsync(texts, cancellationToken);
        }

        ReadOnlyMemory<float>[] vectors = new ReadOnlyMemory<float>[texts.Count];
        long tokens = 0;
        ParallelOptions parallel = new() { MaxDegreeOfParallelism = _batchesAtATime, CancellationToken = cancellationToken };
        IEnumerable<EmbeddingBatch> batches = _batches!.Of(texts, use == EmbeddingUse.Query ? _queryPrefix : _documentPrefix);
        await Parallel.ForEachAsync(batches, parallel, async (batch, token) =>
        {
            int next = batch.First;
            (ReadOnlyMemory<float>[] answer, long used) =
                await _pipeline.RunAsync(tenantUid, use, batch.Tokens, token => SendAsync(batch, token), token);
            answer.CopyTo(vectors, next);
            Interlocked.Add(ref tokens, used);
        });
        return new EmbeddedTexts(vectors, tokens);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _pipeline?.Dispose();
        Generator.Dispose();
    }

    private async Task<EmbeddedTexts> EmbedHereAsync(IReadOnlyList<string> texts, CancellationToken cancellationToken)
    {
        GeneratedEmbeddings<Embedding<float>> answer = await Generator.GenerateAsync(texts, cancellationToken: cancellationToken);
        ReadOnlyMemory<float>[] vectors = new ReadOnlyMemory<float>[answer.Count];
        for (int i = 0; i < vectors.Length; i++)
        {
            vectors[i] = answer[i].Vector;
        }

        // One that does not say what it took in is taken to count words.
        return new EmbeddedTexts(vectors, answer.Usage?.InputTokenCount ?? texts.Sum(text => (long)Words.Count(text)));
    }

    private async Task<(ReadOnlyMemory<float>[] Vectors, long Tokens)> SendAsync(EmbeddingBatch batch, CancellationToken cancellationToken)
    {
        GeneratedEmbeddings<Embedding<float>> answer = await Generator.GenerateAsync(batch.Texts, cancellationToken: cancellationToken);
        return ([.. EmbeddingAnswer.Check(answer, batch.Texts.Count, Model)], answer.Usage?.InputTokenCount ?? batch.Tokens);
    }
}
