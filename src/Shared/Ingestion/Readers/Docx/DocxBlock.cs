namespace Freehold.Ingestion.Readers;

/// <summary>A block of a Word document on its way into the text: a paragraph, or a table of cells that hold blocks.</summary>
internal sealed record DocxBlock(
    BlockKind Kind, string Text, int Level = 0, IReadOnlyList<IReadOnlyList<DocxCell>>? Rows = null)
{
    // A table with a longer cell arranges a page and is no table of data.
    private const int CellCharacters = 2_000;

    /// <summary>Adds the block to the text.</summary>
    public void AddTo(DocumentTextBuilder builder)
    {
        if (Rows is null)
        {
            builder.Add(Kind, Text, Level);
        }
        else if (Rows.Any(row => row.Count > 1) && Rows.All(row => row.All(cell => cell.Blocks.Sum(block => block.Length) <= CellCharacters)))
        {
            var grid = new TableGrid();
            builder.AddTable(Rows.Select(row => grid.Add(
                row.Select(cell => new GridCell(Flat(cell.Blocks), cell.Columns, ContinuesAbove: cell.ContinuesAbove)))));
        }
        else
        {
            foreach (var block in Inner)
            {
                block.AddTo(builder);
            }
        }
    }

    /// <summary>Joins blocks to one line.</summary>
    public static string Flat(IEnumerable<DocxBlock> blocks) =>
        string.Join(' ', blocks.Select(block => block.Rows is null ? block.Text : Flat(block.Inner)));

    private IEnumerable<DocxBlock> Inner => Rows is null ? [] : Rows.SelectMany(row => row).SelectMany(cell => cell.Blocks);

    private long Length => Rows is null ? Text.Length : Inner.Sum(block => block.Length);
}

/// <summary>A cell of a table: what it holds, and over how many columns.</summary>
internal sealed record DocxCell(IReadOnlyList<DocxBlock> Blocks, int Columns, bool ContinuesAbove);
