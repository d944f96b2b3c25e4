namespace Freehold.Ingestion.Chunking;

/// <summary>The headings above a place in a document, outermost first.</summary>
internal sealed class HeadingPath
{
    private const int MaxPartLength = 200;

    private readonly Stack<(int Level, string Path)> _open = new();

    /// <summary>The headings joined by " > ", or empty.</summary>
    public string Text => _open.TryPeek(out var heading) ? heading.Path : "";

    /// <summary>Goes under a heading; those of its level or deeper end there.</summary>
    public void Enter(int level, ReadOnlySpan<char> heading)
    {
        while (_open.TryPeek(out var last) && last.Level >= level)
        {
            _open.Pop();
        }

        var part = heading.Length <= MaxPartLength ? heading : heading[..TextCut.Whole(heading, 0, MaxPartLength)].TrimEnd();
        _open.Push((level, _open.Count == 0 ? part.ToString() : $"{Text} > {part}"));
    }
}
