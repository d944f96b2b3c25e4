namespace Freehold.Ingestion.Readers;

/// <summary>Guesses the format of a file that neither its name nor its sender tells, from how its text begins.</summary>
internal static class TextSniffer
{
    private const int SmallestProgram = 64;

    private static readonly string[] Headers =
        ["from", "to", "date", "subject", "received", "return-path", "delivered-to", "mime-version", "message-id"];

    /// <summary>The media type of a format that is read, or null if it is no text.</summary>
    public static string? MediaTypeOf(ReadOnlySpan<byte> head)
    {
        if (TextDecoder.WhyNotText(head) is not null || (head.StartsWith("MZ"u8) && head.Length < SmallestProgram))
        {
            return null;
        }

        var text = TextDecoder.Decode(head).TrimStart();
        return IsHtml(text) ? "text/html"
            : IsJson(text) ? IsJsonLines(text) ? "application/jsonl" : "application/json"
            : IsMessage(text) ? "message/rfc822"
            : "text/plain";
    }

    /// <summary>Whether a text begins with the header of a message.</summary>
    public static bool BeginsWithHeader(ReadOnlySpan<char> text)
    {
        var line = text[..Math.Max(0, text.IndexOfAny('\r', '\n'))];
        var colon = line.IndexOf(':');
        return colon > 0 && !line[..colon].ContainsAnyExceptInRange('!', '~');
    }

    private static bool IsHtml(string text) =>
        text.StartsWith("<!doctype html", StringComparison.OrdinalIgnoreCase) || text.StartsWith("<html", StringComparison.OrdinalIgnoreCase);

    private static bool IsJson(string text)
    {
        var second = text.AsSpan(Math.Min(1, text.Length)).TrimStart();
        return second.Length > 0 && (text[0] == '{' ? second[0] is '"' or '}' : text[0] == '[' && second[0] is '{' or '[' or '"');
    }

    private static bool IsJsonLines(string text)
    {
        var end = text.IndexOf('\n', StringComparison.Ordinal);
        return end > 0 && text.AsSpan(0, end).TrimEnd().EndsWith("}") && text.AsSpan(end).TrimStart().StartsWith("{");
    }

    private static bool IsMessage(string text) => BeginsWithHeader(text)
        && text.Split('\n').TakeWhile(line => !string.IsNullOrWhiteSpace(line)).Select(line => line.Split(':')[0].ToLowerInvariant())
            .Intersect(Headers).Count() > 1;
}
