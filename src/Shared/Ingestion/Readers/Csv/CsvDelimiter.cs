namespace Freehold.Ingestion.Readers;

/// <summary>Finds out what separates the values of a table: what stands equally often, outside of quotation marks, in most of the first lines.</summary>
internal static class CsvDelimiter
{
    private const string Candidates = "\t;|,";
    private const int Lines = 50;
    private const string Hint = "sep=";

    public static char Find(ReadOnlySpan<char> head)
    {
        if (head.StartsWith(Hint, StringComparison.OrdinalIgnoreCase) && head.Length > Hint.Length && !char.IsWhiteSpace(head[Hint.Length]))
        {
            return head[Hint.Length];
        }

        var (best, bestScore) = (',', 0L);
        foreach (var candidate in Candidates)
        {
            var counts = Count(head, candidate);
            var first = counts.Count == 0 ? 0 : counts.Max();
            var alike = counts.Count(count => count == (first == 0 ? -1 : counts[0]));
            var score = first == 0 ? 0 : ((long)alike * 1_000) + counts.Count(count => count > 0) + Math.Min(first, 500);
            if (score >= bestScore && score > 0 && counts.Count(count => count > 0) * 2 > counts.Count)
            {
                (best, bestScore) = (candidate, score);
            }
        }

        return best;
    }

    private static List<int> Count(ReadOnlySpan<char> head, char delimiter)
    {
        var counts = new List<int>();
        var (count, length) = (0, 0);
        var isQuoted = false;
        foreach (var c in head)
        {
            isQuoted ^= c == '"';
            count += c == delimiter && !isQuoted ? 1 : 0;
            length++;
            if (c is '\n' or '\r' && !isQuoted)
            {
                if (length > 1)
                {
                    counts.Add(count);
                }

                (count, length) = (0, 0);
                if (counts.Count == Lines)
                {
                    return counts;
                }
            }
        }

        // The last line is whole in a short file alone.
        if (counts.Count == 0 && length > 0)
        {
            counts.Add(count);
        }

        return counts;
    }
}
