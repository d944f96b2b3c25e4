using F23.StringSimilarity;
using Freehold.Sql;
using Npgsql;

namespace Freehold.Retrieval;

/// <summary>
/// What a word that none of a tenant's passages has was meant to be. Words that begin alike are found by the index of passages, so that
/// no list of words has to be kept, and the likest of them is taken. The first three letters have to be right, but for two that changed
/// places and one too many.
/// </summary>
internal static class MistypedWords
{
    /// <summary>Most words of a query that are looked into, the longest first.</summary>
    private const int MostWords = 5;

    /// <summary>Passages whose words are looked at, for each word. What is meant is hardly a word of one passage among so many.</summary>
    private const int MostPassages = 2_000;

    private const int Head = 3;
    private const int LeastLength = 4;

    /// <summary>From here on a word may have two mistakes.</summary>
    private const int LongWord = 8;

    // Counts two neighbours that changed places as one mistake.
    private static readonly OptimalStringAlignment Mistakes = new();

    /// <summary>Of unknown words, those that it is worth looking into.</summary>
    /// <param name="unknown">Words as the index would have them, without affixes.</param>
    public static string[] Among(IEnumerable<string> unknown) => [.. unknown.Where(CanBeHelped).OrderByDescending(word => word.Length).Take(MostWords)];

    /// <summary>Asks a tenant's database, in one round trip.</summary>
    /// <param name="connection">To the tenant's database.</param>
    /// <param name="words">What <see cref="Among"/> gave.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <returns>What is to be looked up in place of what; empty where nothing is like it.</returns>
    public static async Task<WordCorrections> FindAsync(NpgsqlConnection connection, string[] words, CancellationToken cancellationToken)
    {
        string[][] heads = [.. words.Select(Heads)];
        await using NpgsqlCommand command = new(
            $"""
            select a.word, l.lexeme
            from unnest($1, $2, $3) a (word, heads, query)
            cross join lateral (select c.lexemes from chunks c where c.lexemes @@ a.query::tsquery limit {MostPassages}) c
            cross join lateral unnest(tsvector_to_array(c.lexemes)) l (lexeme)
            where left(l.lexeme, {Head}) = any(string_to_array(a.heads, ' ')) and abs(length(l.lexeme) - length(a.word)) <= 2
            group by a.word, l.lexeme
            order by count(*) desc, l.lexeme
            """,
            connection);

        // Letters alone stand in a head: it needs no quoting.
        command.With(words).With(heads.Select(each => string.Join(' ', each)).ToArray())
            .With(heads.Select(each => string.Join(" | ", each.Select(head => $"'{head}':*"))).ToArray());
        Dictionary<string, (string Word, double Mistakes)> best = [];
        await using NpgsqlDataReader reader = await command.ExecuteReaderAsync(cancellationToken);
        while (await reader.ReadAsync(cancellationToken))
        {
            (string word, string candidate) = (reader.GetString(0), reader.GetString(1));
            double mistakes = Mistakes.Distance(word, candidate);
            if (mistakes <= (word.Length < LongWord ? 1 : 2) && (!best.TryGetValue(word, out (string, double Mistakes) known) || mistakes < known.Mistakes))
            {
                best[word] = (candidate, mistakes);
            }
        }

        return new WordCorrections([.. best.Keys], [.. best.Values.Select(each => each.Word)]);
    }

    // Numbers and names with numbers in them are meant as they are.
    private static bool CanBeHelped(string word) => word.Length >= LeastLength && word.All(char.IsLetter);

    private static string[] Heads(string word) =>
    [
        .. new[]
        {
            word[..Head],
            $"{word[1]}{word[0]}{word[2]}",
            $"{word[0]}{word[2]}{word[1]}",
            $"{word[1]}{word[2]}{word[3]}",
            $"{word[0]}{word[2]}{word[3]}",
            $"{word[0]}{word[1]}{word[3]}",
        }.Distinct(),
    ];
}

/// <summary>Words that are looked up in place of others, side by side.</summary>
internal sealed record WordCorrections(string[] Wrong, string[] Right);
