namespace Freehold.Ingestion.Readers;

/// <summary>
/// Looks at a Markdown text for what makes the parser's time grow with a square: lines that nest quotes and lists beyond
/// measure (its own limit comes to bear only after all blocks are read), brackets by the thousand in one paragraph, and markup that
/// is never closed, whose end is looked for again and again.
/// </summary>
internal static class MarkdownLimits
{
    // Two spaces can be one level. The parser's own limit is 128 levels.
    private const int MaxLevels = 200;

    // The square of the number of brackets, summed over the paragraphs: some seconds.
    private const long MaxSquares = 300_000_000;

    // Characters that are searched for the ends of comments and the like: some seconds.
    private const long MaxSearched = 40_000_000_000;

    /// <summary>Whether the text is like any that is written for people to read.</summary>
    public static bool IsSound(ReadOnlySpan<char> text)
    {
        var (brackets, squares) = (0L, 0L);
        var (markup, searched) = (0L, 0L);
        foreach (var line in text.EnumerateLines())
        {
            if (Levels(line) > MaxLevels)
            {
                return false;
            }

            brackets = line.IsWhiteSpace() ? 0 : brackets;
            var before = brackets;
            brackets += line.Count('[');
            squares += (brackets * brackets) - (before * before);
            markup = line.IsWhiteSpace() ? 0 : markup + line.Count("<!") + line.Count("<?");
            searched += markup * line.Length;
            if (squares > MaxSquares || searched > MaxSearched)
            {
                return false;
            }
        }

        return true;
    }

    private static int Levels(ReadOnlySpan<char> line)
    {
        var (levels, spaces) = (0, 0);
        for (var i = 0; i < line.Length && levels + (spaces / 2) <= MaxLevels; i++)
        {
            switch (line[i])
            {
                case ' ':
                    spaces++;
                    break;
                case '\t':
                    spaces += 4;
                    break;
                case '>':
                    levels++;
                    break;
                case '-' or '+' or '*' or '.' or ')' when i + 1 == line.Length || line[i + 1] is ' ' or '\t':
                    levels++;
                    break;
                case >= '0' and <= '9':
                    break;
                default:
                    return levels + (spaces / 2);
            }
        }

        return levels + (spaces / 2);
    }
}
