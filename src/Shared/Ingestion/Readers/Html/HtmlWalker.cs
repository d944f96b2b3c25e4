using System.Globalization;
using System.Text;
using AngleSharp.Dom;
using AngleSharp.Html.Dom;

namespace Freehold.Ingestion.Readers;

/// <summary>Turns an HTML tree into text blocks. Recursion is bounded by the parser's limit on depth.</summary>
internal sealed class HtmlWalker(DocumentTextBuilder builder, bool keepFurniture, CancellationToken cancellationToken)
{
    private readonly StringBuilder _inline = new();
    private int _heading;
    private int _listItems;
    private string _marker = "";

    /// <summary>Adds what an element holds.</summary>
    public void Walk(IElement root)
    {
        WalkChildren(root);
        Flush();
    }

    private void WalkChildren(IElement parent)
    {
        var number = (parent as IHtmlOrderedListElement)?.Start ?? 1;
        foreach (var node in parent.ChildNodes)
        {
            if (node is IText text)
            {
                AppendText(text);
            }
            else if (node is IElement element && !HtmlRules.IsDropped(element, keepFurniture))
            {
                cancellationToken.ThrowIfCancellationRequested();
                Walk(element, ref number);
            }
        }
    }

    private void Walk(IElement element, ref int number)
    {
        if (element.LocalName == "br")
        {
            _inline.Append('\n');
        }
        else if (HtmlRules.IsInline(element.LocalName))
        {
            WalkChildren(element);
        }
        else
        {
            Flush();
            WalkBlock(element, ref number);
            Flush();
        }
    }

    private void WalkBlock(IElement element, ref int number)
    {
        switch (element.LocalName)
        {
            case "pre" or "listing" or "xmp":
                builder.Add(BlockKind.Code, VerbatimText(element));
                break;
            case "table" when HtmlRules.HoldsData(element):
                var grid = new TableGrid();
                builder.AddTable(element.QuerySelectorAll("tr").Select(row => grid.Add(CellsOf(row))));
                break;
            case "li":
                var ordered = element.ParentElement is IHtmlOrderedListElement;
                _marker = ordered ? number.ToString(CultureInfo.InvariantCulture) + ". " : "";
                number = unchecked(number + (ordered ? 1 : 0));
                _listItems++;
                WalkChildren(element);
                Flush();
                _listItems--;
                _marker = "";
                break;
            case "h1" or "h2" or "h3" or "h4" or "h5" or "h6":
                _heading = element.LocalName[1] - '0';
                WalkChildren(element);
                Flush();
                _heading = 0;
                break;
            default:
                WalkChildren(element);
                break;
        }
    }

    private void Flush()
    {
        if (_inline.Length == 0)
        {
            return;
        }

        var text = _inline.ToString();
        _inline.Clear();
        if (string.IsNullOrWhiteSpace(text))
        {
            return;
        }

        if (_heading > 0)
        {
            builder.Add(BlockKind.Heading, text, _heading);
        }
        else
        {
            builder.Add(_listItems > 0 ? BlockKind.ListItem : BlockKind.Paragraph, _marker + text.TrimStart());
            _marker = "";
        }
    }

    // A line end in the source is white space like any other; one in the text comes from an element.
    private void AppendText(IText text)
    {
        var start = _inline.Length;
        _inline.Append(text.Data).Replace('\n', ' ', start, _inline.Length - start);
    }

    private IEnumerable<GridCell> CellsOf(IElement row)
    {
        cancellationToken.ThrowIfCancellationRequested();
        return row.Children.OfType<IHtmlTableCellElement>().Select(cell => new GridCell(CellText(cell), cell.ColumnSpan, cell.RowSpan));
    }

    private string CellText(IElement cell)
    {
        var text = new StringBuilder();
        Append(cell);
        return text.ToString();

        void Append(IElement element)
        {
            foreach (var node in element.ChildNodes)
            {
                if (node is IText content)
                {
                    text.Append(content.Data);
                }
                else if (node is IElement child && !HtmlRules.IsDropped(child, keepFurniture))
                {
                    var gap = HtmlRules.IsInline(child.LocalName) ? "" : " ";
                    text.Append(gap);
                    Append(child);
                    text.Append(gap);
                }
            }
        }
    }

    private static string VerbatimText(IElement element)
    {
        var text = new StringBuilder();
        foreach (var node in element.Descendants())
        {
            text.Append((node as IText)?.Data ?? ((node as IElement)?.LocalName == "br" ? "\n" : ""));
        }

        return text.ToString();
    }
}
