namespace Freehold.Tests.Ai;

/// <summary>A folder with an ONNX model that looks up a vector for each token, as the first layer of a real one does, and nothing more.</summary>
internal sealed class TinyModel : IDisposable
{
    public const int Dimensions = 3;

    private static readonly string[] Words = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "cat", "dog", "##s"];

    private TinyModel(string folder) => Folder = folder;

    public string Folder { get; }

    /// <summary>Makes one whose inputs are those named, and whose output has a vector for each token or, averaged, for each text.</summary>
    public static TinyModel Make(bool isPerToken = true, params string[] inputs)
    {
        TinyModel model = new(Directory.CreateTempSubdirectory("freehold-onnx-").FullName);
        File.WriteAllLines(model.PathOf("vocab.txt"), Words);
        File.WriteAllBytes(model.PathOf("model.onnx"), Encode(isPerToken, inputs.Length > 0 ? inputs : ["input_ids", "attention_mask", "token_type_ids"]));
        return model;
    }

    /// <summary>The vector of a token: one that tells which.</summary>
    public static float[] VectorOf(string word)
    {
        int id = Array.IndexOf(Words, word);
        return [id, id % 3, 1];
    }

    public string PathOf(string file) => Path.Combine(Folder, file);

    public void Dispose() => Directory.Delete(Folder, recursive: true);

    private static byte[] Encode(bool isPerToken, string[] inputs)
    {
        byte[] lookUp = OnnxFile.Node("Gather", ["table", "input_ids"], isPerToken ? "last_hidden_state" : "all");
        byte[] average = OnnxFile.Node(
            "ReduceMean", ["all"], "sentence_embedding", OnnxFile.Attribute("axes", [1]), OnnxFile.Attribute("keepdims", 0));
        return OnnxFile.Model(
            isPerToken ? [lookUp] : [lookUp, average],
            [OnnxFile.Table("table", [Words.Length, Dimensions], [.. Words.SelectMany(VectorOf)])],
            [.. inputs.Select(input => OnnxFile.Value(input, OnnxFile.Integer, "batch", "tokens"))],
            isPerToken
                ? OnnxFile.Value("last_hidden_state", OnnxFile.Float, "batch", "tokens", "width")
                : OnnxFile.Value("sentence_embedding", OnnxFile.Float, "batch", "width"));
    }
}
