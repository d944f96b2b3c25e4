using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;
using Freehold.Ai;

namespace Freehold.Answers;

/// <summary>
/// Checks what a model has written against the sources that it was given. Citations of other sources are taken out; a quote that stands in
/// none of the sources cited beside it loses its marks, and its citation is not verified.
/// </summary>
internal static partial class CheckCitations
{
    private const int LeastQuotedWords = 3;

    /// <summary>The answer as it may be given, its citations in order, and how many were taken out.</summary>
    public static (string Text, IReadOnlyList<Citation> Citations, int Removed) In(string written, IReadOnlyList<Source> given)
    {
        Dictionary<int, Source> sources = given.ToDictionary(source => source.Number);
        StringBuilder text = new();
        List<Citation> citations = [];
        int removed = 0;
        int from = 0;
        foreach (Match marks in Marks().Matches(written))
        {
            int[] numbers = [.. Number().Matches(marks.Value).Select(number => int.Parse(number.Value, CultureInfo.InvariantCulture))];
            Source[] cited = [.. numbers.Distinct().Where(sources.ContainsKey).Select(number => sources[number])];
            removed += numbers.Count(number => !sources.ContainsKey(number));
            string statement = Check(written[from..marks.Index], cited, citations);
            text.Append(cited.Length == 0 ? statement.TrimEnd() : statement).AppendJoin(string.Empty, cited.Select(source => $"[{source.Number}]"));
            from = marks.Index + marks.Length;
        }

        text.Append(Check(written[from..], [], citations));
        return (text.ToString().Trim(), citations, removed);
    }

    // What stands between two citations belongs to the second one; its last sentence is the statement.
    private static string Check(string part, Source[] cited, List<Citation> citations)
    {
        HashSet<Source> quoted = [];
        string text = Quoted().Replace(part, match =>
        {
            string quote = match.Groups["text"].Value;
            if (Words.Count(quote) < LeastQuotedWords)
            {
                return match.Value;
            }

            foreach (Source source in cited)
            {
                if (QuoteSearch.Find(source.Text, quote) is { } place)
                {
                    quoted.Add(source);
                    citations.Add(ExtractiveAnswer.Cite(source, place.Start, place.Length, quote, verified: true));
                    return match.Value;
                }
            }

            if (cited.Length > 0)
            {
                quoted.Add(cited[0]);
                (int start, int length) = Nearest(cited[0], quote);
                citations.Add(ExtractiveAnswer.Cite(cited[0], start, length, quote, verified: false));
            }

            return quote;
        });

        string statement = LastSentence(text);
        bool isSupported = IsSupported(statement, cited);
        foreach (Source source in cited.Where(source => !quoted.Contains(source)))
        {
            (int start, int length) = Nearest(source, statement);
            citations.Add(ExtractiveAnswer.Cite(source, start, length, quote: null, isSupported));
        }

        return text;
    }

    private static string LastSentence(string text)
    {
        string rest = text.Trim();
        while (Sentences.Length(rest) is int length && length < rest.Length)
        {
            rest = rest[length..].TrimStart();
        }

        return rest;
    }

    private static bool IsSupported(string statement, Source[] cited)
    {
        HashSet<string> held = [.. cited.SelectMany(source => WordStem.In(source.Text)).Select(word => word.Stem)];
        IReadOnlyList<WordStem> words = WordStem.In(statement);
        return words.Where(word => char.IsDigit(word.Text[0])).All(word => held.Contains(word.Stem))
            && words.Count(word => held.Contains(word.Stem)) * 2 >= words.Count;
    }

    /// <summary>The sentence of the source that has most of a statement's words.</summary>
    private static (int Start, int Length) Nearest(Source source, string statement)
    {
        HashSet<string> stems = [.. WordStem.In(statement).Select(word => word.Stem)];
        Sentence? best = WeighedPassage.Split(source.Text)
            .MaxBy(sentence => sentence.Words.Select(word => word.Stem).Distinct().Count(stems.Contains));
        return best is null ? (0, source.Text.Length) : (best.Start, best.Length);
    }

    // Four digits and more are no source but, say, a year.
    [GeneratedRegex(@"\[\d{1,3}(\s*[,;]\s*\d{1,3})*\](\s*\[\d{1,3}(\s*[,;]\s*\d{1,3})*\])*", RegexOptions.CultureInvariant)]
    private static partial Regex Marks();

    [GeneratedRegex(@"\d+", RegexOptions.CultureInvariant)]
    private static partial Regex Number();

    [GeneratedRegex("""["“„«](?<text>[^"“”„«»]+)["”“»]""", RegexOptions.CultureInvariant)]
    private static partial Regex Quoted();
}
