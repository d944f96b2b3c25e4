namespace Freehold.Ingestion.Readers;

/// <summary>What a shape on a slide or a sheet says.</summary>
/// <param name="Placeholder">What the layout has it for, such as <c>title</c>, or null.</param>
/// <param name="Paragraphs">Its text.</param>
/// <param name="Rows">Rows of its table or its chart.</param>
internal sealed record DrawingShape(
    IReadOnlyList<DrawingParagraph> Paragraphs, IReadOnlyList<IReadOnlyList<FilledCell>> Rows, string? Placeholder = null)
{
    /// <summary>Adds the shape to a text.</summary>
    public void AddTo(DocumentTextBuilder builder, int? page = null)
    {
        foreach (var paragraph in Paragraphs)
        {
            builder.Add(paragraph.IsListItem ? BlockKind.ListItem : BlockKind.Paragraph, paragraph.Text, page: page);
        }

        var table = new TableBlocks(builder, page);
        foreach (var row in Rows)
        {
            table.Add(row);
        }

        table.Close();
    }
}

/// <summary>A paragraph in a shape.</summary>
internal sealed record DrawingParagraph(string Text, bool IsListItem = false);
