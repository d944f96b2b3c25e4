using System.Text;
using System.Text.Unicode;

namespace Freehold.Ingestion.Readers;

/// <summary>
/// Turns the bytes of a text file into characters: by byte order mark, else as UTF-8 if they are, else in the encoding
/// that the file names, or in that which its bytes are most like, or in Windows-1252.
/// </summary>
internal static class TextDecoder
{
    private const string NotText = "its content is not text.";

    private static readonly byte[][] Signatures =
    [
        "%PDF-"u8.ToArray(),
        "PK\u0003\u0004"u8.ToArray(),
        "{\\rtf"u8.ToArray(),
        [0xD0, 0xCF, 0x11, 0xE0],
        [0x1F, 0x8B],
        [0x89, 0x50, 0x4E, 0x47],
    ];

    /// <summary>Reads UTF-8, and what is none as Windows-1252: for what is read before it is known to its end.</summary>
    public static Encoding Lenient { get; } =
        Encoding.GetEncoding("utf-8", EncoderFallback.ReplacementFallback, new MixedFallback(Find("windows-1252")!));

    public static string Decode(ReadOnlySpan<byte> bytes, Encoding? named = null)
    {
        var (marked, length) = ByteOrderMark(bytes);
        if (marked is not null)
        {
            return marked.GetString(bytes[length..]);
        }

        var encoding = Utf8.IsValid(bytes) ? Encoding.UTF8 : named ?? EncodingGuess.Of(bytes) ?? Find("windows-1252")!;
        return encoding.GetString(bytes);
    }

    /// <summary>Finds an encoding by its name in HTML or MIME, or returns null.</summary>
    public static Encoding? Find(string name)
    {
        try
        {
            var encoding = CodePagesEncodingProvider.Instance.GetEncoding(name) ?? Encoding.GetEncoding(name);

            // Its name could not be read if the file were in UTF-16.
            return encoding.IsSingleByte || encoding.GetByteCount("a") == 1 ? encoding : null;
        }
        catch (Exception exception) when (exception is ArgumentException or NotSupportedException)
        {
            return null;
        }
    }

    /// <summary>Tells why a file that begins with these bytes is not text, or returns null.</summary>
    public static string? WhyNotText(ReadOnlySpan<byte> head)
    {
        if (ByteOrderMark(head).Encoding is not null)
        {
            return null;
        }

        foreach (var signature in Signatures)
        {
            if (head.StartsWith(signature))
            {
                return NotText;
            }
        }

        var controls = 0;
        foreach (var b in head)
        {
            controls += b is < 0x08 or (> 0x0D and < 0x1B) or (> 0x1B and < 0x20) ? 1 : 0;
        }

        return controls * 20 > head.Length ? NotText : null;
    }

    private static (Encoding? Encoding, int Length) ByteOrderMark(ReadOnlySpan<byte> bytes) => bytes switch
    {
        [0xEF, 0xBB, 0xBF, ..] => (Encoding.UTF8, 3),
        [0xFF, 0xFE, 0, 0, ..] => (Encoding.UTF32, 4),
        [0xFF, 0xFE, ..] => (Encoding.Unicode, 2),
        [0xFE, 0xFF, ..] => (Encoding.BigEndianUnicode, 2),
        _ => (null, 0),
    };
}
