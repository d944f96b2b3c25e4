using System.Buffers;
using System.Globalization;
using System.Text;

namespace Freehold.Ingestion.Readers;

/// <summary>
/// Looks for objects of a PDF that are nothing but a reference to another one. The parser follows them without end
/// when they go in a circle, and an exhausted stack ends the process. They stand in plain sight: an object that is
/// packed into a stream cannot be a mere reference (ISO 32000, 7.5.7), and the parser knows none.
/// </summary>
internal static class PdfReferences
{
    // More than a few links, or more than a few such objects, are as pointless as a circle.
    private const int MaxLinks = 32;
    private const int MaxObjects = 1_000;

    // Numbers are shorter, and what is longer need not be read to its end.
    private const int LongestToken = 20;

    // Nobody writes as much between an object's beginning and what it holds. A file of such comments would be read again for each object.
    private const int MostComments = 4 << 10;

    private static readonly SearchValues<byte> Delimiters = SearchValues.Create(" \t\r\n\f\0%/<>[]()"u8);

    /// <summary>Refuses a file whose references go in a circle.</summary>
    public static void RefuseCircles(ReadOnlySpan<byte> content, CancellationToken cancellationToken)
    {
        var links = new List<(long From, long To)>();
        for (var at = 0; content[at..].IndexOf("obj"u8) is >= 0 and var next;)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var keyword = at + next;
            at = keyword + 3;
            if (Target(content[at..]) is { } target)
            {
                // An object whose number is hidden, by a comment say, hides it from no reader but this one.
                links.Add((Number(content[..keyword]) ?? throw Circle(), target));
            }
        }

        if (links.Count > MaxObjects)
        {
            throw Circle();
        }

        var byNumber = links.ToLookup(link => link.From, link => link.To);
        var reached = links.ConvertAll(link => link.To);
        for (var i = 0; reached.Count > 0; i++)
        {
            reached = [.. reached.SelectMany(number => byNumber[number]).Distinct()];
            if (i == MaxLinks)
            {
                throw Circle();
            }
        }
    }

    private static UnreadableDocumentException Circle() =>
        new("The PDF is damaged and could not be read: its objects refer to each other in a circle.");

    // "4 0 R" after "obj".
    private static long? Target(ReadOnlySpan<byte> text)
    {
        var number = Token(ref text);
        var generation = Token(ref text);
        return Value(number) is { } target && Value(generation.TrimEnd((byte)'R')) is not null
            && (generation.EndsWith("R"u8) || Token(ref text).StartsWith("R"u8)) ? target : null;
    }

    // "4 0" before "obj".
    private static long? Number(ReadOnlySpan<byte> text)
    {
        text = text.TrimEnd(" \t\r\n\f\0"u8);
        text = text.TrimEnd("0123456789"u8);
        text = text.TrimEnd(" \t\r\n\f\0"u8);
        return Value(text[text.TrimEnd("0123456789+-."u8).Length..]);
    }

    private static ReadOnlySpan<byte> Token(ref ReadOnlySpan<byte> text)
    {
        text = text.TrimStart(" \t\r\n\f\0"u8);
        for (var left = MostComments; text is [(byte)'%', ..];)
        {
            var most = Math.Min(left, text.Length);
            var end = text[..most].IndexOfAny((byte)'\r', (byte)'\n');
            if (end < 0 && most < text.Length)
            {
                throw Circle();
            }

            end = end < 0 ? most : end;
            left -= end;
            text = text[end..].TrimStart(" \t\r\n\f\0"u8);
        }

        var head = text[..Math.Min(LongestToken, text.Length)];
        var length = head.IndexOfAny(Delimiters);
        var token = length < 0 ? head : head[..length];
        text = text[token.Length..];
        return token;
    }

    private static long? Value(ReadOnlySpan<byte> token) =>
        token.Length is > 0 and < LongestToken
        && double.TryParse(Encoding.Latin1.GetString(token), NumberStyles.Float, CultureInfo.InvariantCulture, out var value)
            ? (long)value
            : null;
}
