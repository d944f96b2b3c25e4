using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace Freehold.Ingestion.Readers;

/// <summary>
/// Writes JSON as lines like <c>address.city: Vienna</c>. Each element of an array of records becomes a block of its own, under a heading where it
/// has a title or a name. The text is read token by token, so it takes no memory beside the result.
/// </summary>
internal sealed class JsonText(DocumentTextBuilder builder, int maxCharacters, CancellationToken cancellationToken)
{
    private const int RecordHeading = 2;
    private const int LongestTitle = 200;
    private const int LongestPath = 500;
    private const int BlockCharacters = 1_000;
    private const int TokensBetweenLooks = 1_000;

    private readonly StringBuilder _lines = new();
    private readonly StringBuilder _path = new();
    private long? _apart;
    private int _tokens;

    /// <summary>Adds a value. The array that begins at the byte <paramref name="apart"/> of it is left out.</summary>
    public void Add(ref Utf8JsonReader reader, long? apart = null)
    {
        _apart = apart;
        AddValue(ref reader, depth: 0);
        Flush();
    }

    /// <summary>Adds the elements of the array that the reader is at.</summary>
    public void AddRecords(ref Utf8JsonReader reader)
    {
        while (Next(ref reader) && reader.TokenType != JsonTokenType.EndArray)
        {
            if (reader.TokenType is JsonTokenType.StartObject or JsonTokenType.StartArray)
            {
                Flush();
                AddRecord(ref reader);
            }
            else
            {
                AddScalar(ref reader);
            }
        }

        Flush();
    }

    /// <summary>Adds a value with its title as a heading.</summary>
    public void AddRecord(ref Utf8JsonReader reader)
    {
        if (TitleOf(reader) is { } title)
        {
            builder.Add(BlockKind.Heading, title, RecordHeading);
        }

        AddValue(ref reader, depth: 1);
        Flush();
    }

    /// <summary>The title or name of the object that the reader is at, or null.</summary>
    public static string? TitleOf(Utf8JsonReader reader)
    {
        string? name = null;
        if (reader.TokenType != JsonTokenType.StartObject)
        {
            return name;
        }

        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var member = Text(ref reader);
            reader.Read();
            if (member is "title" or "name" && reader.TokenType == JsonTokenType.String
                && Text(ref reader) is { Length: <= LongestTitle } text && !string.IsNullOrWhiteSpace(text))
            {
                if (member == "title")
                {
                    return text;
                }

                name ??= text;
            }

            reader.Skip();
        }

        return name;
    }

    private void AddValue(ref Utf8JsonReader reader, int depth)
    {
        switch (reader.TokenType)
        {
            case JsonTokenType.StartArray when reader.TokenStartIndex == _apart:
                reader.Skip();
                break;
            case JsonTokenType.StartObject:
                AddMembers(ref reader, depth);
                break;
            case JsonTokenType.StartArray:
                AddElements(ref reader, depth);
                break;
            default:
                AddScalar(ref reader);
                break;
        }
    }

    private void AddMembers(ref Utf8JsonReader reader, int depth)
    {
        var length = _path.Length;
        while (Next(ref reader) && reader.TokenType == JsonTokenType.PropertyName)
        {
            AddKey(Text(ref reader), length);
            Next(ref reader);
            var isSection = depth == 0 && reader.TokenType is JsonTokenType.StartObject or JsonTokenType.StartArray;
            if (isSection)
            {
                Flush();
            }

            AddValue(ref reader, depth + 1);
            if (isSection)
            {
                Flush();
            }

            _path.Length = length;
        }
    }

    // A long key is said once, and not before each of the values below it.
    private void AddKey(string key, int length)
    {
        if (length + key.Length > LongestPath)
        {
            AppendLine(key + ":");
        }
        else
        {
            _path.Append(length == 0 ? "" : ".").Append(key);
        }
    }

    private void AddElements(ref Utf8JsonReader reader, int depth)
    {
        var length = _path.Length;
        for (var index = 0; Next(ref reader) && reader.TokenType != JsonTokenType.EndArray; index++)
        {
            if (reader.TokenType is JsonTokenType.StartObject or JsonTokenType.StartArray)
            {
                _path.Append('[').Append(index).Append(']');
            }

            AddValue(ref reader, depth + 1);
            _path.Length = length;
        }
    }

    private void AddScalar(ref Utf8JsonReader reader)
    {
        var text = reader.TokenType == JsonTokenType.Null ? "" : Text(ref reader);
        if (string.IsNullOrWhiteSpace(text))
        {
            return;
        }

        _lines.Append(_path).Append(_path.Length == 0 ? "" : ": ");
        AppendLine(text);
        if (_path.Length == 0 && _lines.Length > BlockCharacters)
        {
            Flush();
        }
    }

    private void AppendLine(string text)
    {
        _lines.Append(text).Append('\n');
        if (_lines.Length > maxCharacters)
        {
            throw DocumentTextBuilder.TooMuchText(maxCharacters);
        }
    }

    private void Flush()
    {
        builder.Add(BlockKind.Paragraph, _lines.ToString());
        _lines.Clear();
    }

    private bool Next(ref Utf8JsonReader reader)
    {
        if (++_tokens % TokensBetweenLooks == 0)
        {
            cancellationToken.ThrowIfCancellationRequested();
        }

        return reader.Read();
    }

    // A text may hold escapes of half a character, which the reader refuses; TextCleaner deals with those.
    private static string Text(ref Utf8JsonReader reader)
    {
        if (reader.TokenType is not (JsonTokenType.String or JsonTokenType.PropertyName))
        {
            return Encoding.UTF8.GetString(reader.ValueSpan);
        }

        try
        {
            return reader.GetString()!;
        }
        catch (InvalidOperationException)
        {
            return Regex.Unescape(Encoding.UTF8.GetString(reader.ValueSpan));
        }
    }
}
