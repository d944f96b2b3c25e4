using System.Collections.Frozen;

namespace Freehold.Ai;

/// <summary>Languages by the names of PostgreSQL's text search configurations, all of which every supported version has.</summary>
public static class TextLanguage
{
    /// <summary>Words as they are, for a language that is none of the others.</summary>
    public const string Simple = "simple";

    // A long text tells its language in its first words.
    private const int MostWords = 400;

    // Of running text, a third and more are stop words of its language; of any other language's, seldom a twentieth.
    private const double LeastShare = 0.12;
    private const double LeastPoints = 2;

    // More than English has with its loan words, and less than languages with letters of their own.
    private const double ForeignLetters = 0.02;

    private static readonly FrozenDictionary<string, string> Names = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase)
    {
        ["ar"] = "arabic",
        ["hy"] = "armenian",
        ["eu"] = "basque",
        ["ca"] = "catalan",
        ["da"] = "danish",
        ["nl"] = "dutch",
        ["en"] = "english",
        ["fi"] = "finnish",
        ["fr"] = "french",
        ["de"] = "german",
        ["el"] = "greek",
        ["hi"] = "hindi",
        ["hu"] = "hungarian",
        ["id"] = "indonesian",
        ["ga"] = "irish",
        ["it"] = "italian",
        ["lt"] = "lithuanian",
        ["ne"] = "nepali",
        ["no"] = "norwegian",
        ["nb"] = "norwegian",
        ["nn"] = "norwegian",
        ["pt"] = "portuguese",
        ["ro"] = "romanian",
        ["ru"] = "russian",
        ["sr"] = "serbian",
        ["es"] = "spanish",
        ["sv"] = "swedish",
        ["ta"] = "tamil",
        ["tr"] = "turkish",
        ["yi"] = "yiddish",
        [Simple] = Simple,
    }.ToFrozenDictionary(StringComparer.OrdinalIgnoreCase);

    private static readonly FrozenSet<string> Known = Names.Values.ToFrozenSet(StringComparer.OrdinalIgnoreCase);

    /// <summary>The language of a name such as <c>german</c>, <c>de</c> or <c>de-AT</c>; null where it is none.</summary>
    public static string? Find(string name) =>
        Known.TryGetValue(name, out string? known) ? known
        : Names.TryGetValue(name.Split('-', '_')[0], out string? named) ? named
        : null;

    /// <summary>
    /// The language whose stop words the text has most of. <see cref="Simple"/> where it has letters that English has not, and stop
    /// words of no language; null where nothing speaks for any language, as of a few words or a table.
    /// </summary>
    public static string? Detect(ReadOnlySpan<char> text)
    {
        double[] points = new double[StopWords.Languages.Count];
        (int words, int letters, int foreign) = (0, 0, 0);
        Span<char> lower = stackalloc char[StopWords.MaxLength];
        foreach (ReadOnlySpan<char> word in Words.In(text))
        {
            letters += word.Length;
            foreign += word.Length - CountAscii(word);
            if (word.Length <= lower.Length)
            {
                StopWords.Score(lower[..word.ToLowerInvariant(lower)], points);
            }

            if (++words == MostWords)
            {
                break;
            }
        }

        int best = Array.IndexOf(points, points.Max());
        return points[best] >= LeastPoints && points[best] >= LeastShare * words ? StopWords.Languages[best]
            : foreign > ForeignLetters * letters ? Simple
            : null;
    }

    private static int CountAscii(ReadOnlySpan<char> word)
    {
        int ascii = 0;
        foreach (char letter in word)
        {
            ascii += char.IsAscii(letter) ? 1 : 0;
        }

        return ascii;
    }
}
