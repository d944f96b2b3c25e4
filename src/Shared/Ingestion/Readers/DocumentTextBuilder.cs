using System.Text;

namespace Freehold.Ingestion.Readers;

/// <summary>
/// Collects the blocks of a document into its text: blocks are separated by a blank line, items of a list by a line end.
/// Refuses text beyond the limit, so hostile content cannot grow without bound.
/// </summary>
/// <param name="maxCharacters">Most text.</param>
/// <param name="continues">Whether this is a part of a document that goes on after another.</param>
internal sealed class DocumentTextBuilder(int maxCharacters, bool continues = false)
{
    private readonly StringBuilder _text = new();
    private readonly List<TextBlock> _blocks = [];

    /// <summary>Length of the text so far.</summary>
    public int Length => _text.Length;

    /// <summary>Text of the first heading, or null.</summary>
    public string? FirstHeading { get; private set; }

    /// <summary>Text of the first heading of level 1, or null.</summary>
    public string? FirstTopHeading { get; private set; }

    /// <summary>Adds a block, unless it is blank. White space is collapsed, but for code; all but headings keep line ends.</summary>
    public void Add(BlockKind kind, string content, int level = 0, int? page = null)
    {
        var clean = kind == BlockKind.Code
            ? TrimLines(TextCleaner.Clean(content))
            : TextCleaner.Collapse(content, lines: kind != BlockKind.Heading);
        if (string.IsNullOrWhiteSpace(clean))
        {
            return;
        }

        if (kind == BlockKind.Heading)
        {
            FirstHeading ??= clean;
            FirstTopHeading ??= level == 1 ? clean : null;
        }

        Separate(kind);
        var start = _text.Length;
        Append(clean);
        _blocks.Add(new TextBlock(start, _text.Length, kind, level, page));
    }

    /// <summary>Adds a table, a row a line, cells separated by " | ". A row is at hand at a time: a table may be most of a large document.</summary>
    public void AddTable(IEnumerable<IReadOnlyList<string>> rows, int? page = null)
    {
        var start = -1;
        foreach (var line in rows.Select(JoinCells).Where(line => line.Length > 0))
        {
            if (start < 0)
            {
                Separate(BlockKind.Table);
                start = _text.Length;
            }
            else
            {
                Append("\n");
            }

            Append(line);
        }

        if (start >= 0)
        {
            _blocks.Add(new TextBlock(start, _text.Length, BlockKind.Table, Page: page));
        }
    }

    /// <summary>Adds another document, its headings below one of a level.</summary>
    public void Add(ExtractedDocument document, int below)
    {
        foreach (var block in document.Blocks)
        {
            Add(block.Kind, document.Text[block.Start..block.End], block.Level > 0 ? Math.Min(block.Level + below, 6) : 0);
        }
    }

    /// <summary>Finishes the document.</summary>
    /// <exception cref="UnreadableDocumentException">There is no text.</exception>
    public ExtractedDocument Build(string? title, string whyEmpty = "No text was found in the file.") =>
        _blocks.Count == 0 ? throw new UnreadableDocumentException(whyEmpty) : new(Title(title), _text.ToString(), _blocks);

    /// <summary>The refusal of a document with more text than is read.</summary>
    public static UnreadableDocumentException TooMuchText(int maxCharacters) =>
        new($"The document holds more than {maxCharacters:N0} characters of text, the most that is read.");

    private static string JoinCells(IReadOnlyList<string> cells)
    {
        var clean = cells.Select(cell => TextCleaner.Collapse(cell, lines: false)).ToList();
        var filled = clean.FindLastIndex(cell => cell.Length > 0) + 1;
        return TextCleaner.Collapse(string.Join(" | ", clean.Take(filled)), lines: false);
    }

    private void Separate(BlockKind kind)
    {
        if (continues || _blocks.Count > 0)
        {
            _text.Append(kind == BlockKind.ListItem && _blocks.Count > 0 && _blocks[^1].Kind == BlockKind.ListItem ? "\n" : "\n\n");
        }
    }

    private void Append(string clean)
    {
        if (clean.Length > maxCharacters - _text.Length)
        {
            throw TooMuchText(maxCharacters);
        }

        _text.Append(clean);
    }

    private static string? Title(string? title)
    {
        var clean = title is null ? "" : TextCleaner.Collapse(title.Length > 1000 ? title[..1000] : title, lines: false);
        return clean.Length == 0 ? null : clean;
    }

    private static string TrimLines(string code)
    {
        var end = code.AsSpan().TrimEnd().Length;
        var start = code.AsSpan(0, end).IndexOfAnyExcept(" \t\n");
        return start < 0 ? "" : code[(code.LastIndexOf('\n', start) + 1)..end];
    }
}
