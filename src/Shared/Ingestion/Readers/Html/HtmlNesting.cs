using System.Collections.Frozen;
using AngleSharp.Html.Parser;

namespace Freehold.Ingestion.Readers;

/// <summary>
/// Reckons from its tags what tree a page grows into. The parser takes a time that grows with the square of the depth,
/// and repeats formatting that was never closed in every block, so that a small page can grow into a huge tree.
/// </summary>
internal sealed class HtmlNesting
{
    private const int MaxDepth = 256;
    private const int MaxFormatting = 32;
    private const int MaxNodes = 1_000_000;

    private static readonly FrozenSet<string> Formatting =
        FrozenSet.Create("a", "b", "big", "code", "em", "font", "i", "nobr", "s", "small", "strike", "strong", "tt", "u");

    // They hold nothing, or end by themselves where the next one begins.
    private static readonly FrozenSet<string> SelfEnding = FrozenSet.Create(
        "area", "base", "basefont", "bgsound", "br", "col", "embed", "frame", "hr", "img", "input", "keygen", "link", "meta", "param",
        "source", "track", "wbr", "html", "head", "body", "p", "li", "dt", "dd", "option", "optgroup", "tr", "td", "th", "thead", "tbody",
        "tfoot", "colgroup", "caption", "rb", "rt", "rtc", "rp");

    private readonly List<string> _open = [];
    private readonly List<string> _formatting = [];
    private int _opaque;
    private long _nodes;

    /// <summary>Whether the tree is of a depth and size that any page for people to read keeps to.</summary>
    public static bool IsSound(string text)
    {
        var nesting = new HtmlNesting();
        foreach (var token in HtmlTokens.Read(text, () => nesting._opaque == 0))
        {
            if (token.Type == HtmlTokenType.StartTag)
            {
                nesting.Start(token.Name);
            }
            else if (token.Type == HtmlTokenType.EndTag)
            {
                nesting.End(token.Name);
            }

            if (nesting._open.Count > MaxDepth || nesting._formatting.Count > MaxFormatting || nesting._nodes > MaxNodes)
            {
                return false;
            }
        }

        return true;
    }

    // Where the parser may see tags, or drop them, as nowhere else: what stands there is counted as tags.
    private static bool IsOpaque(string name) => name is "svg" or "math" or "select" or "frameset";

    private void Start(string name)
    {
        _nodes += 1 + (Formatting.Contains(name) ? 0 : _formatting.Count);
        if (Formatting.Contains(name))
        {
            _formatting.Add(name);
        }
        else if (!SelfEnding.Contains(name))
        {
            _open.Add(name);
            _opaque += IsOpaque(name) ? 1 : 0;
        }
    }

    private void End(string name)
    {
        if (Formatting.Contains(name))
        {
            var last = _formatting.LastIndexOf(name);
            if (last >= 0)
            {
                _formatting.RemoveAt(last);
            }

            return;
        }

        var open = _open.LastIndexOf(name);
        for (var i = _open.Count - 1; i >= open && open >= 0; i--)
        {
            _opaque -= IsOpaque(_open[i]) ? 1 : 0;
            _open.RemoveAt(i);
        }
    }
}
