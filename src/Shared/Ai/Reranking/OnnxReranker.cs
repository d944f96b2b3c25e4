using Freehold.Ai.Onnx;
using Microsoft.ML.OnnxRuntime;
using Microsoft.ML.OnnxRuntime.Tensors;

namespace Freehold.Ai.Reranking;

/// <summary>
/// Runs a cross-encoder of BERT's kind from a folder: it reads the query and a passage together and gives one number, which is brought
/// between 0 and 1.
/// </summary>
internal sealed class OnnxReranker : IReranker
{
    // [CLS] query [SEP] passage [SEP]
    private const int SpecialTokens = 3;

    // What a run holds in memory grows with its rows and the square of their width.
    private const int PairsInOneRun = 8;

    private readonly string _name;
    private readonly int _room;
    private readonly OnnxModel _model;

    /// <exception cref="InvalidOperationException">The folder holds no such model; the message says what is wrong.</exception>
    public OnnxReranker(RerankerOptions options)
    {
        _name = options.Name;
        _room = options.MaxInputTokens - SpecialTokens;
        _model = new OnnxModel(_name, options.Folder!, options.ConcurrentRequests ?? 1, "logits");
        try
        {
            Run([Encode(Tokens("a"), "b")], CancellationToken.None);
        }
        catch (OnnxRuntimeException exception)
        {
            throw _model.Unusable("it cannot compare two texts", exception);
        }
    }

    /// <inheritdoc/>
    public async Task<IReadOnlyList<double>> ScoreAsync(string query, IReadOnlyList<string> texts, CancellationToken cancellationToken)
    {
        try
        {
            // On a thread of its own: on a host of one or two processors, the pool's threads are few, and time-outs need one.
            return await Task.Factory.StartNew(
                () => Score(query, texts, cancellationToken), cancellationToken, TaskCreationOptions.LongRunning, TaskScheduler.Default);
        }
        catch (OnnxRuntimeException exception)
        {
            cancellationToken.ThrowIfCancellationRequested();
            throw new ModelException(ModelFailure.Permanent, $"The model {_name} failed on the texts.", innerException: exception);
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _model.Dispose();

    private double[] Score(string query, IReadOnlyList<string> texts, CancellationToken cancellationToken)
    {
        IReadOnlyList<int> asked = Tokens(query);

        // Pairs of about the same length run together: little of a run is filling.
        (int Index, Pair Pair)[] pairs = [.. texts.Select((text, index) => (index, Encode(asked, text))).OrderBy(pair => pair.Item2.Ids.Length)];
        double[] scores = new double[texts.Count];
        foreach ((int Index, Pair Pair)[] some in pairs.Chunk(PairsInOneRun))
        {
            cancellationToken.ThrowIfCancellationRequested();
            float[] numbers = Run([.. some.Select(pair => pair.Pair)], cancellationToken);
            for (int i = 0; i < some.Length; i++)
            {
                scores[some[i].Index] = 1 / (1 + Math.Exp(-numbers[i]));
            }
        }

        return scores;
    }

    private IReadOnlyList<int> Tokens(string text) => _model.Tokenizer.EncodeToIds(text, _room, addSpecialTokens: false, out _, out _);

    /// <summary>A query and a passage as such models are trained with them: of what is too long, the longer loses its end first.</summary>
    private Pair Encode(IReadOnlyList<int> query, string text)
    {
        IReadOnlyList<int> passage = Tokens(text);
        int ofQuery = Math.Min(query.Count, Math.Max(_room - passage.Count, (_room + 1) / 2));
        int ofPassage = Math.Min(passage.Count, _room - ofQuery);
        int[] ids = [.. _model.Tokenizer.BuildInputsWithSpecialTokens(query.Take(ofQuery), passage.Take(ofPassage))];
        return new Pair(ids, [.. _model.Tokenizer.CreateTokenTypeIdsFromSequences(query.Take(ofQuery), passage.Take(ofPassage))]);
    }

    private float[] Run(Pair[] pairs, CancellationToken cancellationToken) => _model.Run(
        [.. pairs.Select(pair => pair.Ids)],
        [.. pairs.Select(pair => pair.Types)],
        (output, _) =>
        {
            OrtTensorTypeAndShapeInfo info = output.GetTensorTypeAndShape();
            return info.ElementDataType == TensorElementType.Float && info.Shape is [_] or [_, 1] && info.Shape[0] == pairs.Length
                ? output.GetTensorDataAsSpan<float>().ToArray()
                : throw _model.WrongOutput(info, "a cross-encoder gives one number for a pair of texts");
        },
        cancellationToken);

    private sealed record Pair(int[] Ids, int[] Types);
}
