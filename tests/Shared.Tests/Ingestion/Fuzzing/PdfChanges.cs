using System.IO.Compression;
using System.Text;
using System.Text.RegularExpressions;

namespace Freehold.Tests.Ingestion.Fuzzing;

/// <summary>Damages what is packed in a stream of a PDF: a page's operations, objects, a font's tables.</summary>
internal static partial class PdfChanges
{
    private const int MaxUnpacked = 8 << 20;

    public static byte[] ApplyInStream(byte[] content, Change[] changes)
    {
        var file = Encoding.Latin1.GetString(content);
        var streams = Stream().Matches(file);
        if (streams.Count == 0)
        {
            return TextChanges.ApplyToBytes(content, content, changes);
        }

        var stream = streams[changes[0].Number % streams.Count].Groups["data"];
        var end = file.IndexOf("endstream", stream.Index, StringComparison.Ordinal);
        end = end < 0 ? file.Length : end;
        var data = content[stream.Index..end];
        var isPacked = file.AsSpan(0, stream.Index).LastIndexOf("/FlateDecode") > file.AsSpan(0, stream.Index).LastIndexOf("obj");
        var plain = isPacked ? Unpack(data) : data;
        if (plain.Length == 0)
        {
            return ByteChanges.Apply(content, content, changes);
        }

        var changed = changes[0].Kind % 3 == 0 ? ByteChanges.Apply(plain, content, changes) : TextChanges.ApplyToBytes(plain, content, changes);
        return [.. content[..stream.Index], .. isPacked ? Pack(changed) : changed, (byte)'\n', .. content[end..]];
    }

    private static byte[] Unpack(byte[] data)
    {
        try
        {
            using var zlib = new ZLibStream(new MemoryStream(data), CompressionMode.Decompress);
            var plain = new byte[MaxUnpacked];
            return plain[..zlib.ReadAtLeast(plain, plain.Length, throwOnEndOfStream: false)];
        }
        catch (InvalidDataException)
        {
            return [];
        }
    }

    private static byte[] Pack(byte[] data)
    {
        using var packed = new MemoryStream();
        using (var zlib = new ZLibStream(packed, CompressionLevel.Fastest, leaveOpen: true))
        {
            zlib.Write(data);
        }

        return packed.ToArray();
    }

    [GeneratedRegex(@"(?<!end)stream\r?\n(?<data>)")]
    private static partial Regex Stream();
}
