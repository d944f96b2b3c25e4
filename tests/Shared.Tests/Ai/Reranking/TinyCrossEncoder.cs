namespace Freehold.Tests.Ai.Reranking;

/// <summary>
/// A folder with an ONNX model that gives a pair of texts one number: what the second text's tokens weigh, with the mark that ends it, and how
/// many tokens there are in all.
/// </summary>
internal sealed class TinyCrossEncoder : IDisposable
{
    private const float Padding = 1_000;

    private static readonly Dictionary<string, float> Weights = new()
    {
        ["[PAD]"] = Padding,
        ["[UNK]"] = -2,
        ["[CLS]"] = 7,
        ["[SEP]"] = -0.5f,
        ["[MASK]"] = 0,
        ["cat"] = -1.5f,
        ["dog"] = -0.75f,
        ["##s"] = -0.25f,
    };

    private TinyCrossEncoder(string folder) => Folder = folder;

    public string Folder { get; }

    /// <summary>Makes one that gives so many numbers for a pair.</summary>
    public static TinyCrossEncoder Make(int labels = 1)
    {
        TinyCrossEncoder model = new(Directory.CreateTempSubdirectory("freehold-onnx-").FullName);
        File.WriteAllLines(Path.Combine(model.Folder, "vocab.txt"), Weights.Keys);
        File.WriteAllBytes(Path.Combine(model.Folder, "model.onnx"), Encode(labels));
        return model;
    }

    /// <summary>What it gives for a pair, brought between 0 and 1.</summary>
    /// <param name="tokens">Tokens in all.</param>
    /// <param name="passage">Those of the second text.</param>
    public static double ScoreOf(int tokens, params IEnumerable<string> passage) =>
        1 / (1 + Math.Exp(-(tokens + passage.Append("[SEP]").Sum(word => Weights[word]))));

    public void Dispose() => Directory.Delete(Folder, recursive: true);

    private static byte[] Encode(int labels) => OnnxFile.Model(
        [
            OnnxFile.Node("Gather", ["table", "input_ids"], "weights"),
            OnnxFile.Node("Cast", ["token_type_ids"], "types", OnnxFile.Attribute("to", OnnxFile.Float)),
            OnnxFile.Node("Cast", ["attention_mask"], "mask", OnnxFile.Attribute("to", OnnxFile.Float)),
            OnnxFile.Node("Mul", ["weights", "types"], "second"),
            OnnxFile.Node("Add", ["second", "mask"], "all"),
            OnnxFile.Node("ReduceSum", ["all", "axes"], "sum", OnnxFile.Attribute("keepdims", 1)),
            OnnxFile.Node("Mul", ["sum", "labels"], "logits"),
        ],
        [
            OnnxFile.Table("table", [Weights.Count], [.. Weights.Values]),
            OnnxFile.Table("axes", [1], [1L]),
            OnnxFile.Table("labels", [labels], [.. Enumerable.Repeat(1f, labels)]),
        ],
        [.. new[] { "input_ids", "attention_mask", "token_type_ids" }.Select(input => OnnxFile.Value(input, OnnxFile.Integer, "batch", "tokens"))],
        OnnxFile.Value("logits", OnnxFile.Float, "batch", "labels"));
}
