using System.Text;
using AngleSharp.Html.Parser;

namespace Freehold.Ingestion.Readers;

/// <summary>Reads a page that no tree can be made of: its text and its headings, tag by tag.</summary>
internal static class HtmlFlatText
{
    public static string? AddTo(DocumentTextBuilder builder, string page, CancellationToken cancellationToken)
    {
        var text = new StringBuilder();
        string? title = null;
        var silent = "";
        var heading = 0;
        foreach (var token in HtmlTokens.Read(page))
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (token.Type == HtmlTokenType.Character)
            {
                text.Append(silent.Length == 0 || silent == "title" ? token.Data : "");
                continue;
            }

            if (token.Type is not (HtmlTokenType.StartTag or HtmlTokenType.EndTag) || HtmlRules.IsInline(token.Name))
            {
                continue;
            }

            if (silent == "title")
            {
                title ??= text.ToString();
                text.Clear();
            }

            builder.Add(heading > 0 ? BlockKind.Heading : BlockKind.Paragraph, text.ToString(), heading);
            text.Clear();
            var starts = token.Type == HtmlTokenType.StartTag;
            silent = starts && (HtmlTokens.Raw.Contains(token.Name) || token.Name is "title" or "textarea") ? token.Name : "";
            heading = starts && token.Name is ['h', >= '1' and <= '6'] ? token.Name[1] - '0' : 0;
        }

        builder.Add(BlockKind.Paragraph, text.ToString());
        return title;
    }
}
