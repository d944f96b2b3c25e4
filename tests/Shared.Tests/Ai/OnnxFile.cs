using System.Buffers.Binary;
using System.Text;

namespace Freehold.Tests.Ai;

/// <summary>ONNX files, which are protobuf: the few messages that tiny models take, written by hand.</summary>
internal static class OnnxFile
{
    public const int Float = 1;
    public const int Integer = 7;

    /// <summary>A model of these nodes and tables, with the operators' version 13.</summary>
    public static byte[] Model(byte[][] nodes, byte[][] tables, byte[][] inputs, byte[] output)
    {
        byte[] graph =
        [
            .. nodes.SelectMany(node => Bytes(1, node)),
            .. Text(2, "tiny"),
            .. tables.SelectMany(table => Bytes(5, table)),
            .. inputs.SelectMany(input => Bytes(11, input)),
            .. Bytes(12, output),
        ];
        return [.. Number(1, 8), .. Bytes(7, graph), .. Bytes(8, Number(2, 13))];
    }

    public static byte[] Node(string operation, string[] inputs, string output, params byte[][] attributes) =>
    [
        .. inputs.SelectMany(input => Text(1, input)), .. Text(2, output), .. Text(4, operation), .. attributes.SelectMany(attribute => Bytes(5, attribute)),
    ];

    public static byte[] Attribute(string name, int number) => [.. Text(1, name), .. Number(3, number), .. Number(20, 2)];

    public static byte[] Attribute(string name, int[] numbers) => [.. Text(1, name), .. numbers.SelectMany(number => Number(8, number)), .. Number(20, 7)];

    public static byte[] Table(string name, int[] shape, float[] numbers) => Table(name, shape, Float, numbers.SelectMany(number =>
    {
        byte[] bytes = new byte[4];
        BinaryPrimitives.WriteSingleLittleEndian(bytes, number);
        return bytes;
    }));

    public static byte[] Table(string name, int[] shape, long[] numbers) => Table(name, shape, Integer, numbers.SelectMany(number =>
    {
        byte[] bytes = new byte[8];
        BinaryPrimitives.WriteInt64LittleEndian(bytes, number);
        return bytes;
    }));

    /// <summary>An input or an output, with names for its dimensions.</summary>
    public static byte[] Value(string name, int elementType, params string[] dimensions) =>
    [
        .. Text(1, name),
        .. Bytes(2, Bytes(1, [.. Number(1, elementType), .. Bytes(2, [.. dimensions.SelectMany(dimension => Bytes(1, Text(2, dimension)))])])),
    ];

    private static byte[] Table(string name, int[] shape, int elementType, IEnumerable<byte> numbers) =>
        [.. shape.SelectMany(length => Number(1, length)), .. Number(2, elementType), .. Text(8, name), .. Bytes(9, [.. numbers])];

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
