using System.Text;
using Freehold.Tenants;

namespace Freehold.Retrieval;

/// <summary>
/// What a query says: words, of which any may occur; phrases in quotes, each of which must; and what must not, after a hyphen:
/// <c>-word</c> or <c>-"two words"</c>. A hyphen before anything but a letter or a quote, as in <c>-7</c>, is none.
/// </summary>
/// <param name="Text">The query without what must not occur, and without quotes.</param>
/// <param name="Phrases">What must occur, or must not.</param>
/// <param name="AreWanted">Which of the two, of each phrase.</param>
internal sealed record QueryWords(string Text, string[] Phrases, bool[] AreWanted)
{
    private const int MostPhrases = 20;

    /// <summary>Whether anything must occur or must not.</summary>
    public bool IsBound => Phrases.Length > 0;

    /// <summary>Reads a query.</summary>
    /// <exception cref="InvalidInputException">It only says what must not occur, or is bound to too much.</exception>
    public static QueryWords Parse(string query)
    {
        StringBuilder text = new(query.Length);
        List<(string Phrase, bool IsWanted)> phrases = [];
        for (int i = 0; i < query.Length;)
        {
            bool isExcluded = query[i] == '-' && (i == 0 || char.IsWhiteSpace(query[i - 1])) && i + 1 < query.Length
                && (query[i + 1] == '"' || char.IsLetter(query[i + 1]));
            int start = isExcluded ? i + 1 : i;
            int end = query[start] == '"' ? query.IndexOf('"', start + 1) : -1;
            if (end >= 0)
            {
                Add(query[(start + 1)..end], !isExcluded);
                i = end + 1;
            }
            else if (isExcluded && query[start] != '"')
            {
                end = start;
                while (end < query.Length && !char.IsWhiteSpace(query[end]))
                {
                    end++;
                }

                Add(query[start..end], isWanted: false);
                i = end;
            }
            else
            {
                text.Append(query[i++]);
            }
        }

        return Checked(new QueryWords(text.ToString(), [.. phrases.Select(phrase => phrase.Phrase)], [.. phrases.Select(phrase => phrase.IsWanted)]));

        void Add(string phrase, bool isWanted)
        {
            text.Append(' ').Append(isWanted ? phrase : string.Empty).Append(' ');
            if (phrase.Any(char.IsLetterOrDigit))
            {
                phrases.Add((phrase, isWanted));
            }
        }
    }

    private static QueryWords Checked(QueryWords query)
    {
        if (query.Phrases.Length > MostPhrases)
        {
            throw new InvalidInputException("query-too-long", $"A query has at most {MostPhrases} phrases in quotes and words after a hyphen.");
        }

        return query.Phrases.Length > 0 && string.IsNullOrWhiteSpace(query.Text)
            ? throw new InvalidInputException("empty-query", "A search needs words to look for beside those that must not occur.")
            : query;
    }
}
