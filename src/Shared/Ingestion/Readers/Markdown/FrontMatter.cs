using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using YamlDotNet.Core;
using YamlDotNet.Core.Events;

namespace Freehold.Ingestion.Readers;

/// <summary>
/// The front matter of a Markdown text: keys with a scalar, or with a list of scalars. What is nested deeper is passed over, and all of
/// it where the YAML is broken or beyond measure. The events of the parser are read, so nothing is resolved, expanded or constructed.
/// </summary>
internal static class FrontMatter
{
    private const int MaxCharacters = 64 << 10;
    private const int MaxEntries = 100;
    private const int MaxItems = 1_000;
    private const int MaxDepth = 32;
    private const string Mark = "---";

    /// <summary>Takes the front matter off a text. What is no mapping, between two lines across the page, is text.</summary>
    public static (IReadOnlyDictionary<string, JsonElement>? Metadata, string Body) Split(string text)
    {
        var (from, to, end) = Find(text);
        try
        {
            return end == 0 || Read(text[from..to]) is not { } entries ? (null, text) : (entries.Count == 0 ? null : entries, text[end..]);
        }
        catch (YamlException)
        {
            return (null, text[end..]);
        }
    }

    private static (int From, int To, int End) Find(string text)
    {
        var start = text.StartsWith(Mark, StringComparison.Ordinal) ? text.IndexOf('\n', StringComparison.Ordinal) + 1 : 0;
        if (start == 0 || text.AsSpan(0, start).TrimEnd() is not Mark)
        {
            return default;
        }

        for (var line = start; line < text.Length && line - start <= MaxCharacters;)
        {
            var next = text.IndexOf('\n', line);
            var end = next < 0 ? text.Length : next;
            if (text.AsSpan(line, end - line).TrimEnd() is Mark or "...")
            {
                return (start, line, end);
            }

            line = end + 1;
        }

        return default;
    }

    private static Dictionary<string, JsonElement>? Read(string yaml)
    {
        var entries = new Dictionary<string, JsonElement>(StringComparer.Ordinal);
        var parser = new Parser(new StringReader(yaml));
        parser.Consume<StreamStart>();
        if (!parser.TryConsume<DocumentStart>(out _) || !parser.TryConsume<MappingStart>(out _))
        {
            return null;
        }

        while (!parser.TryConsume<MappingEnd>(out _))
        {
            if (!parser.TryConsume<Scalar>(out var key))
            {
                Skip(parser);
                Skip(parser);
            }
            else if (Value(parser) is { } value && key.Value.Length > 0 && entries.Count < MaxEntries)
            {
                entries[TextCleaner.Clean(key.Value)] = JsonSerializer.SerializeToElement(value);
            }
        }

        return entries;
    }

    private static JsonNode? Value(Parser parser)
    {
        if (parser.TryConsume<Scalar>(out var scalar))
        {
            return From(scalar);
        }

        if (!parser.TryConsume<SequenceStart>(out _))
        {
            Skip(parser);
            return null;
        }

        var items = new JsonArray();
        while (!parser.TryConsume<SequenceEnd>(out _))
        {
            if (!parser.TryConsume<Scalar>(out var item))
            {
                Skip(parser);
            }
            else if (From(item) is { } value && items.Count < MaxItems)
            {
                items.Add(value);
            }
        }

        return items;
    }

    // The core schema of YAML 1.2, without what JSON has no number for.
    private static JsonValue? From(Scalar scalar) => scalar.IsQuotedImplicit || scalar.Style is not ScalarStyle.Plain
        ? JsonValue.Create(TextCleaner.Clean(scalar.Value))
        : scalar.Value switch
        {
            "" or "~" or "null" or "Null" or "NULL" => null,
            "true" or "True" or "TRUE" => JsonValue.Create(true),
            "false" or "False" or "FALSE" => JsonValue.Create(false),
            _ when IsNumber(scalar.Value, out var number) => JsonValue.Create(number),
            _ => JsonValue.Create(TextCleaner.Clean(scalar.Value)),
        };

    // A number with a leading zero is a code, of a post office say.
    private static bool IsNumber(string text, out decimal number)
    {
        number = 0;
        var digits = text.AsSpan().TrimStart('-');
        return digits is [>= '0' and <= '9', ..] and not ['0', >= '0' and <= '9', ..]
            && decimal.TryParse(text, NumberStyles.AllowLeadingSign | NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out number);
    }

    private static void Skip(Parser parser)
    {
        var depth = 0;
        do
        {
            depth += parser.Consume<ParsingEvent>().NestingIncrease;
            if (depth > MaxDepth)
            {
                throw new YamlException("Nested too deeply.");
            }
        }
        while (depth > 0);
    }
}
