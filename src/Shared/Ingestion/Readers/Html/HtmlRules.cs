using System.Collections.Frozen;
using AngleSharp.Dom;
using AngleSharp.Html.Dom;

namespace Freehold.Ingestion.Readers;

/// <summary>What the elements of HTML mean to a reader of its text.</summary>
internal static class HtmlRules
{
    // A table with a longer cell arranges a page and is no table of data.
    private const int CellCharacters = 2_000;

    private static readonly FrozenSet<string> Silent = FrozenSet.Create(
        "script", "style", "noscript", "template", "svg", "iframe", "object", "embed", "head", "select", "datalist", "button",
        "input", "textarea", "audio", "video", "canvas", "map", "rp", "annotation", "annotation-xml", "noframes");

    private static readonly FrozenSet<string> Inline = FrozenSet.Create(
        "a", "abbr", "acronym", "b", "bdi", "bdo", "big", "cite", "code", "data", "del", "dfn", "em", "font", "i", "img", "ins", "kbd",
        "label", "mark", "math", "meter", "nobr", "output", "picture", "progress", "q", "rb", "rt", "ruby", "s", "samp", "slot", "small",
        "span", "strike", "strong", "sub", "sup", "time", "tt", "u", "var", "wbr", "mfrac", "mi", "mn", "mo", "mroot", "mrow", "ms",
        "mspace", "msqrt", "mstyle", "msub", "msubsup", "msup", "mtext", "semantics");

    private static readonly FrozenSet<string> FurnitureRoles =
        FrozenSet.Create("navigation", "banner", "contentinfo", "search", "complementary", "menu", "menubar", "dialog");

    /// <summary>Whether an element stands in a line of text.</summary>
    public static bool IsInline(string name) => Inline.Contains(name);

    /// <summary>Whether an element says nothing to a reader: never shown, or furniture of the page.</summary>
    public static bool IsDropped(IElement element, bool keepFurniture) =>
        Silent.Contains(element.LocalName) || IsHidden(element) || (!keepFurniture && IsFurniture(element));

    /// <summary>Whether a table has rows and columns of data, rather than arranging a page.</summary>
    public static bool HoldsData(IElement table) =>
        table.GetAttribute("role") is not ("presentation" or "none")
        && table.QuerySelector("table, h1, h2, h3") is null
        && table.QuerySelectorAll("tr").Any(row => row.Children.OfType<IHtmlTableCellElement>().Skip(1).Any())
        && !table.QuerySelectorAll("td").Any(cell => cell.TextContent.Length > CellCharacters);

    private static bool IsHidden(IElement element) =>
        element.HasAttribute("hidden")
        || element.GetAttribute("aria-hidden") == "true"
        || (element.GetAttribute("style") is { } style && style.Replace(" ", "", StringComparison.Ordinal)
            .Contains("display:none", StringComparison.OrdinalIgnoreCase));

    private static bool IsFurniture(IElement element) =>
        element.LocalName switch
        {
            "nav" or "menu" or "dialog" => true,
            // Those of an article belong to it: its title, its notes.
            "header" or "footer" or "aside" => element.Closest("article, main, [role=main]") is null,
            "ul" => element.Closest("header, footer") is not null,
            // Some frameworks wrap the whole page in a form.
            "form" => element.QuerySelector("p, h1, h2, h3, article, main") is null,
            _ => element.GetAttribute("role") is { } role && FurnitureRoles.Contains(role),
        };
}
