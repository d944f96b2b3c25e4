using Freehold.Ingestion.Readers;

namespace Freehold.Ingestion;

/// <summary>A range of a document's text that becomes a chunk.</summary>
internal sealed record Passage(int Start, int End, string Heading, int? Page, bool StartsWithHeading);

/// <summary>A passage that is still growing.</summary>
internal sealed class OpenPassage(string text)
{
    private int _end;
    private int? _page;
    private string _heading = "";
    private bool _startsWithHeading;

    // The headings at its end, which belong to what follows.
    private int _tail = -1;
    private int? _tailPage;
    private string _tailHeading = "";

    public bool IsEmpty { get; private set; } = true;

    /// <summary>Whether there is more than headings in it.</summary>
    public bool HasBody { get; private set; }

    public bool EndsWithHeading => _tail >= 0;

    public int Start { get; private set; }

    public int Length => IsEmpty ? 0 : _end - Start;

    /// <summary>Adds a block, or a piece of it.</summary>
    public void Add(TextBlock block, int start, int end, HeadingPath path)
    {
        var isHeading = block.Kind == BlockKind.Heading;
        if (isHeading && start == block.Start)
        {
            path.Enter(Math.Max(1, block.Level), text.AsSpan(block.Start, block.End - block.Start));
        }

        if (IsEmpty)
        {
            (Start, _page, _startsWithHeading, IsEmpty) = (start, block.Page, isHeading, false);
        }

        if (isHeading)
        {
            (_tail, _tailPage) = _tail < 0 ? (start, block.Page) : (_tail, _tailPage);
            _tailHeading = path.Text;
            _heading = HasBody ? _heading : path.Text;
        }
        else
        {
            _heading = HasBody ? _heading : path.Text;
            _tail = -1;
            HasBody = true;
        }

        _end = end;
    }

    /// <summary>Ends the passage, and begins the next one with the headings at the end of this one, unless it is the last.</summary>
    public Passage Close(bool isLast = false)
    {
        var hasTail = HasBody && _tail >= 0 && !isLast;
        var end = hasTail ? _tail : _end;
        var closed = new Passage(Start, Start + text.AsSpan(Start, end - Start).TrimEnd().Length, _heading, _page, _startsWithHeading);
        (Start, _page, _heading, _startsWithHeading, HasBody, IsEmpty) = (_tail, _tailPage, _tailHeading, true, false, !hasTail);
        _tail = hasTail ? _tail : -1;
        return closed;
    }
}
