using Microsoft.ML.OnnxRuntime;
using Microsoft.ML.Tokenizers;

namespace Freehold.Ai.Onnx;

/// <summary>A model of BERT's kind in a folder: its tokenizer, and a session of ONNX Runtime that runs it, in this process, on rows of tokens.</summary>
internal sealed class OnnxModel : IDisposable
{
    /// <summary>What BERT takes.</summary>
    public const int DefaultInputTokens = 512;

    private const string ModelFile = "model.onnx";
    private const string Ids = "input_ids";
    private const string Mask = "attention_mask";
    private const string Types = "token_type_ids";

    private readonly string _id;
    private readonly InferenceSession _session;
    private readonly string[] _inputs;
    private readonly string _output;

    /// <param name="id">Its name, for messages.</param>
    /// <param name="folder">Where it lies.</param>
    /// <param name="concurrentRuns">How many runs at a time share the processors.</param>
    /// <param name="outputs">Names of what it is to give, the preferred first. Where it has none of them, its first output is taken.</param>
    /// <exception cref="InvalidOperationException">The folder holds no such model; the message says what is wrong.</exception>
    public OnnxModel(string id, string folder, int concurrentRuns, params IReadOnlyList<string> outputs)
    {
        _id = id;
        string file = Path.Combine(folder, ModelFile);
        if (!File.Exists(file))
        {
            throw Unusable($"'{file}' does not exist");
        }

        Tokenizer = WordPieceFolder.Read(folder);
        using SessionOptions settings = new()
        {
            IntraOpNumThreads = Math.Max(1, Environment.ProcessorCount / concurrentRuns),
            InterOpNumThreads = 1,
        };
        settings.AddSessionConfigEntry("session.intra_op.allow_spinning", "0");
        try
        {
            _session = new InferenceSession(file, settings);
        }
        catch (OnnxRuntimeException exception)
        {
            throw Unusable("it cannot be loaded", exception);
        }

        _inputs = [.. _session.InputMetadata.Keys];
        _output = outputs.FirstOrDefault(_session.OutputMetadata.ContainsKey) ?? _session.OutputMetadata.Keys.First();
        CheckInputs();
    }

    /// <summary>The model's own.</summary>
    public BertTokenizer Tokenizer { get; }

    /// <summary>Runs the model on rows of tokens, which are filled up to the longest.</summary>
    /// <param name="ids">Tokens.</param>
    /// <param name="types">Which of a pair of texts each token is of, 0 or 1; null where there are no pairs.</param>
    /// <param name="read">Reads what the model gives: the output, and the width of the rows.</param>
    /// <param name="cancellationToken">Ends the run.</param>
    /// <exception cref="OnnxRuntimeException">It failed, or was ended.</exception>
    public T Run<T>(IReadOnlyList<int[]> ids, IReadOnlyList<int[]>? types, Func<OrtValue, int, T> read, CancellationToken cancellationToken)
    {
        int width = ids.Max(row => row.Length);
        long[] shape = [ids.Count, width];
        long[] idValues = new long[ids.Count * width];
        long[] maskValues = new long[idValues.Length];
        long[] typeValues = new long[idValues.Length];
        Array.Fill(idValues, Tokenizer.PaddingTokenId);
        for (int row = 0; row < ids.Count; row++)
        {
            for (int i = 0; i < ids[row].Length; i++)
            {
                idValues[(row * width) + i] = ids[row][i];
                maskValues[(row * width) + i] = 1;
                typeValues[(row * width) + i] = types?[row][i] ?? 0;
            }
        }

        using OrtValue idTensor = OrtValue.CreateTensorValueFromMemory(idValues, shape);
        using OrtValue maskTensor = OrtValue.CreateTensorValueFromMemory(maskValues, shape);
        using OrtValue typeTensor = OrtValue.CreateTensorValueFromMemory(typeValues, shape);
        OrtValue[] values = [.. _inputs.Select(input => input switch { Ids => idTensor, Mask => maskTensor, _ => typeTensor })];
        using RunOptions run = new();
        using CancellationTokenRegistration ending = cancellationToken.UnsafeRegister(static run => ((RunOptions)run!).Terminate = true, run);
        using IDisposableReadOnlyCollection<OrtValue> results = _session.Run(run, _inputs, values, [_output]);
        return read(results[0], width);
    }

    /// <summary>That its output is not what it is to be.</summary>
    public InvalidOperationException WrongOutput(OrtTensorTypeAndShapeInfo info, string expected) =>
        Unusable($"its output '{_output}' is {info.ElementDataType} [{string.Join(", ", info.Shape)}], and {expected}");

    /// <summary>That the model is of no use.</summary>
    public InvalidOperationException Unusable(string why, Exception? exception = null) =>
        new($"The ONNX model '{_id}' cannot be used: {why}.", exception);

    /// <inheritdoc/>
    public void Dispose() => _session.Dispose();

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
}
