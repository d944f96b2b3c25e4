using System.Text;
using System.Text.RegularExpressions;

namespace Freehold.Tests.Ingestion.Fuzzing;

/// <summary>Damages text token by token, so that what comes of it still looks like its format: tags, names, numbers, words, marks.</summary>
internal static partial class TextChanges
{
    private const int MaxGrowth = 1 << 19;

    private static readonly string[] Odd =
    [
        "\0", "\uD800", "\uDC00x", "\uFEFF", "\u00AD", "\u2028", "\u0301", "\u202E", "\u05D0", "😀", "\r", "\n\n", "\t", "&#0;", "&#xD800;", "\\u0000", "\\ud800", "\"", "'", "\\",
        "<", ">", "]]>", "<![CDATA[", "<!--", "{", "[", "(", ")", "<<", ">>", "---\n", "```", "$$", "|", "* ", "> ", "#", "=?utf-8?b?", "--", ";", "-1", "0", "1e999", "NaN", "2147483648", "99999999999999999999",
    ];

    /// <summary>Damages text in the bytes of a file, whatever its encoding: a byte is a character.</summary>
    public static byte[] ApplyToBytes(byte[] content, byte[] other, IEnumerable<Change> changes)
    {
        var text = Apply(Encoding.Latin1.GetString(content), Encoding.Latin1.GetString(other), changes, odd => Encoding.Latin1.GetString(Encoding.UTF8.GetBytes(odd)));
        return Encoding.Latin1.GetBytes(text);
    }

    /// <summary>Damages a text; <paramref name="encode"/> makes of an odd text what stands for it there.</summary>
    public static string Apply(string text, string other, IEnumerable<Change> changes, Func<string, string>? encode = null)
    {
        List<string> tokens = [.. Token().Matches(text).Select(match => match.Value)];
        foreach (var change in changes)
        {
            if (tokens.Count > 0)
            {
                Apply(tokens, other, change, encode ?? (odd => odd));
            }
        }

        return string.Concat(tokens);
    }

    private static void Apply(List<string> tokens, string other, Change change, Func<string, string> encode)
    {
        var (start, number) = (change.Start(tokens.Count), change.Number);
        var length = Math.Min(change.Length(tokens.Count), 2_000);
        var times = 1 << (number % 17);
        var piece = tokens.GetRange(start, length);
        switch (change.Kind % 11)
        {
            case 0:
                tokens.RemoveRange(start, length);
                break;
            case 1:
                tokens.InsertRange(start, Repeat(piece, times));
                break;
            case 2:
                tokens.RemoveRange(start, length);
                tokens.InsertRange(number % (tokens.Count + 1), piece);
                break;
            case 3:
                var from = number % Math.Max(1, other.Length);
                tokens.Insert(start, other.Substring(from, Math.Min(other.Length - from, 1 + (int)(change.Share * 5_000))));
                break;
            case 4:
                tokens[start] = encode(Odd[number % Odd.Length]);
                break;
            case 5:
                tokens.Insert(start, string.Concat(Repeat([encode(Odd[number % Odd.Length])], times)));
                break;
            case 6:
                tokens[start] = string.Concat(Repeat([tokens[start]], times));
                break;
            case 7:
                Nest(tokens, start, times);
                break;
            case 8:
                var place = tokens.FindIndex(start, token => token.AsSpan().IndexOfAnyInRange('0', '9') >= 0);
                if (place >= 0)
                {
                    tokens[place] = Digits().Replace(tokens[place], new string((char)('0' + (number % 10)), 1 + (number % 12)), 1);
                }

                break;
            case 9:
                var swapped = number % tokens.Count;
                (tokens[start], tokens[swapped]) = (tokens[swapped], tokens[start]);
                break;
            default:
                // One of the same kind from elsewhere: another tag, another attribute, another name.
                var alike = tokens.FindIndex(number % tokens.Count, token => token[0] == tokens[start][0] && token != tokens[start]);
                tokens[start] = alike >= 0 ? tokens[alike] : tokens[start];
                break;
        }
    }

    // The next tag around itself, again and again.
    private static void Nest(List<string> tokens, int start, int times)
    {
        var at = tokens.FindIndex(start, token => token.Length > 1 && token[0] == '<' && token[1] is not ('/' or '!' or '?') && token[^1] != '/');
        if (at < 0)
        {
            return;
        }

        var open = tokens[at].EndsWith("/>", StringComparison.Ordinal) ? tokens[at][..^2] + ">" : tokens[at];
        var name = Name().Match(open).Value;
        tokens[at] = string.Concat(Repeat([open], times)) + tokens[at] + (tokens[at] == open ? "</" + name + ">" : "") + string.Concat(Repeat([$"</{name}>"], times));
    }

    private static List<string> Repeat(List<string> piece, int times)
    {
        var length = Math.Max(1, piece.Sum(token => token.Length));
        return [.. Enumerable.Repeat(piece, Math.Clamp(MaxGrowth / length, 1, times)).SelectMany(token => token)];
    }

    [GeneratedRegex("""<[^<>]{0,2000}>?|[A-Za-z]+|[0-9]+|[ \t]+|\s|[^\s]""", RegexOptions.Singleline)]
    private static partial Regex Token();

    [GeneratedRegex("[0-9]+")]
    private static partial Regex Digits();

    [GeneratedRegex("(?<=^<)[^\\s/>]+")]
    private static partial Regex Name();
}
