using Microsoft.Extensions.AI;
using Microsoft.ML.OnnxRuntime;
using Microsoft.ML.OnnxRuntime.Tensors;
using Microsoft.ML.Tokenizers;

namespace Freehold.Ai.Onnx;

/// <summary>
/// Embeds with a model from a folder. What it gives for each token is averaged over the text's tokens; what it gives for each text is taken
/// as it is.
/// </summary>
internal sealed class OnnxEmbedder : IEmbeddingGenerator<string, Embedding<float>>
{
    private readonly string _id;
    private readonly int _dimensions;
    private readonly int _maxTokens;
    private readonly OnnxModel _model;

    /// <exception cref="InvalidOperationException">The folder holds no such model; the message says what is wrong.</exception>
    public OnnxEmbedder(ModelOptions options)
    {
        _id = options.Id;
        _dimensions = options.Dimensions!.Value;
        _maxTokens = options.MaxInputTokens ?? OnnxModel.DefaultInputTokens;
        _model = new OnnxModel(_id, options.Folder!, options.ConcurrentRequests ?? 1, "sentence_embedding", "last_hidden_state");
        try
        {
            Run([Encode("a")], CancellationToken.None);
        }
        catch (OnnxRuntimeException exception)
        {
            throw _model.Unusable("it cannot embed a text", exception);
        }
    }

    /// <summary>The model's own.</summary>
    public Tokenizer Tokenizer => _model.Tokenizer;

    /// <inheritdoc/>
    public async Task<GeneratedEmbeddings<Embedding<float>>> GenerateAsync(
        IEnumerable<string> values, EmbeddingGenerationOptions? options = null, CancellationToken cancellationToken = default)
    {
        int[][] texts = [.. values.Select(Encode)];
        try
        {
            // Off the caller's thread, which may be one that serves others.
            float[][] vectors = await Task.Run(() => Run(texts, cancellationToken), cancellationToken);
            long tokens = texts.Sum(text => (long)text.Length);
            return new GeneratedEmbeddings<Embedding<float>>(vectors.Select(vector => new Embedding<float>(vector) { ModelId = _id }))
            {
                Usage = new UsageDetails { InputTokenCount = tokens, TotalTokenCount = tokens },
            };
        }
        catch (OnnxRuntimeException exception)
        {
            cancellationToken.ThrowIfCancellationRequested();
            throw new ModelException(ModelFailure.Permanent, $"The model {_id} failed on the texts.", innerException: exception);
        }
    }

    /// <inheritdoc/>
    public object? GetService(Type serviceType, object? serviceKey = null) =>
        serviceKey is null && serviceType.IsInstanceOfType(this) ? this : null;

    /// <inheritdoc/>
    public void Dispose() => _model.Dispose();

    private int[] Encode(string text) =>
        [.. _model.Tokenizer.EncodeToIds(text, _maxTokens, addSpecialTokens: true, out _, out _)];

    private float[][] Run(int[][] texts, CancellationToken cancellationToken) =>
        _model.Run(texts, null, (output, width) => Read(output, texts, width), cancellationToken);

    private float[][] Read(OrtValue output, int[][] texts, int width)
    {
        OrtTensorTypeAndShapeInfo info = output.GetTensorTypeAndShape();
        long[] shape = info.Shape;
        bool isPerToken = shape.Length == 3;
        if (info.ElementDataType != TensorElementType.Float || shape.Length is < 2 or > 3 || shape[0] != texts.Length || shape[^1] != _dimensions
            || (isPerToken && shape[1] != width))
        {
            throw _model.WrongOutput(info, $"Dimensions is {_dimensions}");
        }

        ReadOnlySpan<float> numbers = output.GetTensorDataAsSpan<float>();
        float[][] vectors = new float[texts.Length][];
        for (int row = 0; row < texts.Length; row++)
        {
            vectors[row] = isPerToken
                ? Mean(numbers.Slice(row * width * _dimensions, texts[row].Length * _dimensions))
                : numbers.Slice(row * _dimensions, _dimensions).ToArray();
        }

        return vectors;
    }

    /// <summary>The average over the tokens that are no padding, but for its length, which is set to 1 anyway.</summary>
    private float[] Mean(ReadOnlySpan<float> tokens)
    {
        float[] sum = new float[_dimensions];
        for (int i = 0; i < tokens.Length; i++)
        {
            sum[i % _dimensions] += tokens[i];
        }

        return sum;
    }
}
