using System.Text;

namespace Freehold.Ingestion.Readers;

/// <summary>A document that comes in parts.</summary>
internal static class DocumentParts
{
    /// <summary>Length from which on a part is handed over, in UTF-16 code units.</summary>
    public const int PartCharacters = 64 << 10;

    /// <summary>Joins the parts to one document.</summary>
    public static ExtractedDocument Join(IEnumerable<ExtractedDocument> parts, int maxCharacters)
    {
        ExtractedDocument? first = null;
        var text = new StringBuilder();
        var blocks = new List<TextBlock>();
        foreach (var part in parts)
        {
            first ??= part;
            if (part.Text.Length > maxCharacters - text.Length)
            {
                throw DocumentTextBuilder.TooMuchText(maxCharacters);
            }

            blocks.AddRange(part.Blocks.Select(block => block with { Start = block.Start + text.Length, End = block.End + text.Length }));
            text.Append(part.Text);
        }

        return first! with { Text = text.ToString(), Blocks = blocks };
    }
}
