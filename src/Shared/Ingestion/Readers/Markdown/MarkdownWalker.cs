using System.Globalization;
using System.Text;
using Markdig.Extensions.Mathematics;
using Markdig.Extensions.Tables;
using Markdig.Extensions.TaskLists;
using Markdig.Syntax;
using Markdig.Syntax.Inlines;

namespace Freehold.Ingestion.Readers;

/// <summary>Turns a Markdown syntax tree into text blocks. Recursion is bounded by the parser's limit on nesting.</summary>
internal sealed class MarkdownWalker(DocumentTextBuilder builder, CancellationToken cancellationToken)
{
    private readonly StringBuilder _inline = new();
    private HtmlFragmentReader? _html;

    public void Walk(MarkdownDocument document) => Walk(document, inList: false);

    private void Walk(ContainerBlock container, bool inList, string marker = "")
    {
        foreach (var block in container)
        {
            cancellationToken.ThrowIfCancellationRequested();
            switch (block)
            {
                case LinkReferenceDefinitionGroup:
                    break;
                case HeadingBlock heading:
                    builder.Add(BlockKind.Heading, TextOf(heading.Inline), heading.Level);
                    break;
                case MathBlock or CodeBlock:
                    builder.Add(BlockKind.Code, ((LeafBlock)block).Lines.ToString());
                    break;
                case HtmlBlock markup:
                    (_html ??= new HtmlFragmentReader(builder, cancellationToken)).Add(markup.Lines.ToString());
                    break;
                case Table table:
                    builder.AddTable(table.OfType<TableRow>().Select(CellsOf));
                    break;
                case ListBlock list:
                    Walk(list);
                    break;
                case ContainerBlock nested:
                    Walk(nested, inList);
                    break;
                case LeafBlock leaf:
                    builder.Add(inList ? BlockKind.ListItem : BlockKind.Paragraph, marker + TextOf(leaf.Inline));
                    marker = "";
                    break;
            }
        }
    }

    private void Walk(ListBlock list)
    {
        foreach (var item in list.OfType<ListItemBlock>())
        {
            Walk(item, inList: true, list.IsOrdered ? item.Order.ToString(CultureInfo.InvariantCulture) + ". " : "");
        }
    }

    private List<string> CellsOf(TableRow row) =>
        [.. row.OfType<TableCell>().Select(cell => string.Join(' ', cell.OfType<LeafBlock>().Select(leaf => TextOf(leaf.Inline))))];

    private string TextOf(ContainerInline? inline)
    {
        _inline.Clear();
        Append(inline);
        return _inline.ToString();
    }

    // Without recursion, since the parser bounds how deep blocks are nested, but not their inline elements.
    private void Append(ContainerInline? container)
    {
        var inline = container?.FirstChild;
        while (inline is not null)
        {
            AppendText(inline);
            if (inline is ContainerInline { FirstChild: { } child })
            {
                inline = child;
                continue;
            }

            while (inline.NextSibling is null && inline.Parent is { } parent && parent != container)
            {
                inline = parent;
            }

            inline = inline.NextSibling;
        }
    }

    private void AppendText(Inline inline)
    {
        switch (inline)
        {
            case LiteralInline literal:
                _inline.Append(literal.Content.AsSpan());
                break;
            case CodeInline code:
                _inline.Append(code.Content);
                break;
            case MathInline math:
                _inline.Append('$', math.DelimiterCount).Append(math.Content.AsSpan()).Append('$', math.DelimiterCount);
                break;
            case LineBreakInline line:
                _inline.Append(line.IsHard ? '\n' : ' ');
                break;
            case HtmlInline tag when tag.Tag.StartsWith("<br", StringComparison.OrdinalIgnoreCase):
                _inline.Append('\n');
                break;
            case HtmlEntityInline entity:
                _inline.Append(entity.Transcoded.AsSpan());
                break;
            case AutolinkInline link:
                _inline.Append(link.Url);
                break;
            case TaskList task:
                _inline.Append(task.Checked ? "[x]" : "[ ]");
                break;
            case DelimiterInline delimiter:
                _inline.Append(delimiter.ToLiteral());
                break;
        }
    }
}
