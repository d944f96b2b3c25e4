using System.Text;
using System.Text.Json;
using System.Text.Unicode;

namespace Freehold.Ingestion.Readers;

/// <summary>Checks JSON, and finds the array in it whose elements are its records.</summary>
internal static class JsonFile
{
    // Records of a document that is not an array itself are worth a block each from this many on.
    private const int FewRecords = 2;

    /// <summary>How JSON is read: as strictly as it is defined, but for comments and commas that people write into it.</summary>
    public static Utf8JsonReader Open(ReadOnlySpan<byte> json) => new(json, new JsonReaderOptions
    {
        AllowTrailingCommas = true,
        CommentHandling = JsonCommentHandling.Skip,
        MaxDepth = int.MaxValue,
    });

    /// <summary>The file as UTF-8, in whatever encoding it is.</summary>
    public static ReadOnlyMemory<byte> ToUtf8(ReadOnlyMemory<byte> content) => content.Span switch
    {
        [0xEF, 0xBB, 0xBF, ..] => content[3..],
        [0xFE or 0xFF, ..] => Encoding.UTF8.GetBytes(TextDecoder.Decode(content.Span)),
        _ => Utf8.IsValid(content.Span) ? content : Encoding.UTF8.GetBytes(TextDecoder.Decode(content.Span)),
    };

    /// <summary>Reads to the end, and tells where the array of records begins, in bytes, or null if there is none.</summary>
    /// <exception cref="JsonException">It is no JSON.</exception>
    /// <exception cref="UnreadableDocumentException">It is nested too deeply.</exception>
    public static long? Check(ReadOnlySpan<byte> json, int maxDepth, CancellationToken cancellationToken)
    {
        var open = new Stack<(long Start, bool IsArray, int Records)>();
        (long Start, int Records)? best = null;
        var reader = Open(json);
        while (reader.Read())
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (reader.TokenType is JsonTokenType.StartObject or JsonTokenType.StartArray)
            {
                if (open.Count == maxDepth)
                {
                    throw new UnreadableDocumentException($"The JSON is nested more than {maxDepth:N0} levels deep, the most that are read.");
                }

                if (open.TryPop(out var parent))
                {
                    open.Push(parent with { Records = parent.Records + 1 });
                }

                open.Push((reader.TokenStartIndex, reader.TokenType == JsonTokenType.StartArray, 0));
            }
            else if (reader.TokenType is JsonTokenType.EndObject or JsonTokenType.EndArray)
            {
                var closed = open.Pop();
                var isBest = closed.IsArray && closed.Records >= FewRecords && (open.Count == 0 || closed.Records > (best?.Records ?? 0));
                best = isBest ? (closed.Start, closed.Records) : best;
            }
        }

        return best?.Start;
    }
}
