using Microsoft.Extensions.AI;
using Microsoft.ML.OnnxRuntime;
using Microsoft.ML.OnnxRuntime.Tensors;
using Microsoft.ML.Tokenizers;

namespace Freehold.Ai.Onnx;

/// <summary>
/// Runs a model of BERT's kind from a folder, in this process. What it gives for each token is averaged over the text's tokens; what it gives for
/// each text is taken as it is.
/// </summary>
internal sealed class OnnxEmbedder : IEmbeddingGenerator<string, Embedding<float>>
{
    /// <summary>What BERT takes.</summary>
    public const int DefaultInputTokens = 512;

    private const string ModelFile = "model.onnx";
    private const string Ids = "input_ids";
    private const string Mask = "attention_mask";
    private const string Types = "token_type_ids";
    private static readonly string[] Outputs = ["sentence_embedding", "last_hidden_state"];

    private readonly string _id;
    private readonly int _dimensions;
    private readonly int _maxTokens;
    private readonly BertTokenizer _tokenizer;
    private readonly InferenceSession _session;
    private readonly string[] _inputs;
    private readonly string _output;

    /// <exception cref="InvalidOperationException">The folder holds no such model; the message says what is wrong.</exception>
    public OnnxEmbedder(ModelOptions options)
    {
        _id = options.Id;
        _dimensions = options.Dimensions!.Value;
        _maxTokens = options.MaxInputTokens ?? DefaultInputTokens;
        string file = Path.Combine(options.Folder!, ModelFile);
        if (!File.Exists(file))
        {
            throw Unusable($"'{file}' does not exist");
        }

        _tokenizer = WordPieceFolder.Read(options.Folder!);
        using SessionOptions settings = new()
        {
            IntraOpNumThreads = Math.Max(1, Environment.ProcessorCount / (options.ConcurrentRequests ?? 1)),
            InterOpNumThreads = 1,
        };
        settings.AddSessionConfigEntry("session.intra_op.allow_spinning", "0");
        try
        {
            _session = new InferenceSession(file, settings);
            _inputs = [.. _session.InputMetadata.Keys];
            _output = Outputs.FirstOrDefault(_session.OutputMetadata.ContainsKey) ?? _session.OutputMetadata.Keys.First();
            CheckInputs();
            Run([Encode("a")], CancellationToken.None);
        }
        catch (OnnxRuntimeException exception)
        {
            throw Unusable("it cannot be loaded, or cannot embed a text", exception);
        }
    }

    /// <summary>The model's own.</summary>
    public Tokenizer Tokenizer => _tokenizer;

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
    public void Dispose() => _session.Dispose();

    private int[] Encode(string text) =>
        [.. _tokenizer.EncodeToIds(text, _maxTokens, addSpecialTokens: true, out _, out _)];

    private float[][] Run(int[][] texts, CancellationToken cancellationToken)
    {
        int width = texts.Max(text => text.Length);
        long[] shape = [texts.Length, width];
        long[] ids = new long[texts.Length * width];
        long[] mask = new long[ids.Length];
        Array.Fill(ids, _tokenizer.PaddingTokenId);
        for (int row = 0; row < texts.Length; row++)
        {
            for (int i = 0; i < texts[row].Length; i++)
            {
                ids[(row * width) + i] = texts[row][i];
                mask[(row * width) + i] = 1;
            }
        }

        using OrtValue idValue = OrtValue.CreateTensorValueFromMemory(ids, shape);
        using OrtValue maskValue = OrtValue.CreateTensorValueFromMemory(mask, shape);
        using OrtValue typeValue = OrtValue.CreateTensorValueFromMemory(new long[ids.Length], shape);
        OrtValue[] values = [.. _inputs.Select(input => input switch { Ids => idValue, Mask => maskValue, _ => typeValue })];
        using RunOptions run = new();
        using CancellationTokenRegistration ending = cancellationToken.UnsafeRegister(static run => ((RunOptions)run!).Terminate = true, run);
        using IDisposableReadOnlyCollection<OrtValue> results = _session.Run(run, _inputs, values, [_output]);
        return Read(results[0], texts, width);
    }

    private float[][] Read(OrtValue result, int[][] texts, int width)
    {
        OrtTensorTypeAndShapeInfo info = result.GetTensorTypeAndShape();
        long[] shape = info.Shape;
        bool isPerToken = shape.Length == 3;
        if (info.ElementDataType != TensorElementType.Float || shape.Length is < 2 or > 3 || shape[0] != texts.Length || shape[^1] != _dimensions
            || (isPerToken && shape[1] != width))
        {
            throw Unusable($"its output '{_output}' is {info.ElementDataType} [{string.Join(", ", shape)}], and Dimensions is {_dimensions}");
        }

        ReadOnlySpan<float> numbers = result.GetTensorDataAsSpan<float>();
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

    private void CheckInputs()
    {
        if (!_inputs.Contains(Ids))
        {
            throw Unusable($"it has no input '{Ids}'");
        }

        foreach ((string name, NodeMetadata input) in _session.InputMetadata)
        {
            if (name is not (Ids or Mask or Types) || input.ElementType != typeof(long))
            {
                throw Unusable($"its input '{name}' is not one of '{Ids}', '{Mask}' and '{Types}' with 64-bit integers");
            }
        }
    }

    private InvalidOperationException Unusable(string why, Exception? exception = null) =>
        new($"The ONNX model '{_id}' cannot be used: {why}.", exception);
}
