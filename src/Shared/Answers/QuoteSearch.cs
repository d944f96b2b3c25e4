using System.Text;

namespace Freehold.Answers;

/// <summary>Finds a quote in a text, whatever its white space, quote marks, dashes and capitals.</summary>
internal static class QuoteSearch
{
    /// <summary>Where it stands, or null.</summary>
    public static (int Start, int Length)? Find(string text, string quote)
    {
        (string wanted, _) = Normalize(quote.Trim().TrimEnd('.', ',', ';', ':', '…'));
        (string plain, List<int> places) = Normalize(text);
        int at = wanted.Length == 0 ? -1 : plain.IndexOf(wanted, StringComparison.Ordinal);
        return at < 0 ? null : (places[at], places[at + wanted.Length - 1] + 1 - places[at]);
    }

    private static (string Text, List<int> Places) Normalize(string text)
    {
        StringBuilder plain = new(text.Length);
        List<int> places = new(text.Length);
        for (int i = 0; i < text.Length; i++)
        {
            char c = text[i] switch
            {
                '“' or '”' or '„' or '«' or '»' => '"',
                '‘' or '’' or '‚' => '\'',
                '–' or '—' or '‑' => '-',
                '‹' => '<',
                _ => char.IsWhiteSpace(text[i]) ? ' ' : char.ToLowerInvariant(text[i]),
            };
            if (c != ' ' || (plain.Length > 0 && plain[^1] != ' '))
            {
                plain.Append(c);
                places.Add(i);
            }
        }

        return (plain.ToString(), places);
    }
}
