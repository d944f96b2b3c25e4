using System.Buffers.Binary;
using System.Text;

namespace Freehold.Tests.Ai;

/// <summary>
/// A folder with an ONNX model that looks up a vector for each token, as the first layer of a real one does, and nothing more. ONNX is protobuf;
/// the few messages that it takes are written here by hand.
/// </summary>
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
        byte[] numbers = [.. Words.SelectMany(VectorOf).SelectMany(number =>
        {
            byte[] bytes = new byte[4];
            BinaryPrimitives.WriteSingleLittleEndian(bytes, number);
            return bytes;
        })];
        byte[] table = [.. Number(1, Words.Length), .. Number(1, Dimensions), .. Number(2, 1), .. Text(8, "table"), .. Bytes(9, numbers)];
        byte[] lookUp = Node("Gather", ["table", "input_ids"], isPerToken ? "last_hidden_state" : "all");
        byte[] average =
        [
            .. Node("ReduceMean", ["all"], "sentence_embedding"),
            .. Bytes(5, [.. Text(1, "axes"), .. Number(8, 1), .. Number(20, 7)]),
            .. Bytes(5, [.. Text(1, "keepdims"), .. Number(3, 0), .. Number(20, 2)]),
        ];
        byte[] graph =
        [
            .. Bytes(1, lookUp),
            .. isPerToken ? [] : Bytes(1, average),
            .. Text(2, "tiny"),
            .. Bytes(5, table),
            .. inputs.SelectMany(input => Bytes(11, Value(input, 7, ["batch", "tokens"]))),
            .. Bytes(12, isPerToken ? Value("last_hidden_state", 1, ["batch", "tokens", "width"]) : Value("sentence_embedding", 1, ["batch", "width"])),
        ];
        return [.. Number(1, 8), .. Bytes(7, graph), .. Bytes(8, Number(2, 13))];
    }

    private static byte[] Node(string operation, string[] inputs, string output) =>
        [.. inputs.SelectMany(input => Text(1, input)), .. Text(2, output), .. Text(4, operation)];

    private static byte[] Value(string name, int elementType, string[] dimensions) =>
    [
        .. Text(1, name),
        .. Bytes(2, Bytes(1, [.. Number(1, elementType), .. Bytes(2, [.. dimensions.SelectMany(dimension => Bytes(1, Text(2, dimension)))])])),
    ];

    private static byte[] Text(int field, string text) => Bytes(field, Encoding.UTF8.GetBytes(text));

    private static byte[] Bytes(int field, byte[] bytes) => [.. Variable((field << 3) | 2), .. Variable(bytes.Length), .. bytes];

    private static byte[] Number(int field, int number) => [.. Variable(field << 3), .. Variable(number)];

    private static IEnumerable<byte> Variable(int number)
    {
        for (; number > 127; number >>= 7)
        {
            yield return (byte)(number | 128);
        }

        yield return (byte)number;
    }
}
