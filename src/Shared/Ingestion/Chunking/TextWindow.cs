namespace Freehold.Ingestion.Chunking;

/// <summary>The end of a document's text that comes in parts: what has been cut into chunks is let go.</summary>
internal sealed class TextWindow
{
    private string _text = "";
    private int _start;

    /// <summary>Length of the document's text so far.</summary>
    public int End => _start + _text.Length;

    /// <summary>Goes on with the next part, and lets go what stands before <paramref name="keepFrom"/>.</summary>
    public void Append(string part, int keepFrom)
    {
        _text = keepFrom == End ? part : string.Concat(_text.AsSpan(keepFrom - _start), part);
        _start = keepFrom;
    }

    /// <summary>Text from one place of the document to another.</summary>
    public ReadOnlySpan<char> this[int start, int end] => _text.AsSpan(start - _start, end - start);
}
