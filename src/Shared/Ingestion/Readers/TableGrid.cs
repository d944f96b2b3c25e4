namespace Freehold.Ingestion.Readers;

/// <summary>
/// Puts the cells of a table into their columns: a cell over several columns leaves the others empty, so that what follows stands
/// below its header, and a short one over several rows is said again in each, so that a row can be understood by itself.
/// </summary>
internal sealed class TableGrid
{
    // Longer texts would be no help a second time, and could grow without measure.
    private const int RepeatedCharacters = 100;
    private const int MaxColumns = 256;

    private readonly List<(int Rows, string Text)> _below = [];
    private List<string> _above = [];

    /// <summary>Adds a row and returns what stands in its columns.</summary>
    public IReadOnlyList<string> Add(IEnumerable<GridCell> cells)
    {
        var row = new List<string>();
        foreach (var cell in cells)
        {
            FillFromAbove(row);
            var column = row.Count;
            var text = cell.ContinuesAbove ? Repeated(column < _above.Count ? _above[column] : "") : cell.Text;
            var columns = Math.Clamp(cell.Columns, 1, Math.Max(1, MaxColumns - column));
            for (var i = 0; i < columns; i++)
            {
                row.Add(i == 0 ? text : "");
                Below(column + i, cell.Rows - 1, i == 0 ? Repeated(text) : "");
            }
        }

        FillFromAbove(row);
        _above = row;
        return row;
    }

    private void FillFromAbove(List<string> row)
    {
        while (row.Count < _below.Count && _below[row.Count] is { Rows: > 0 } above)
        {
            _below[row.Count] = (above.Rows - 1, above.Text);
            row.Add(above.Text);
        }
    }

    private void Below(int column, int rows, string text)
    {
        while (_below.Count <= column)
        {
            _below.Add(default);
        }

        _below[column] = (rows, text);
    }

    private static string Repeated(string text) => text.Length <= RepeatedCharacters ? text : "";
}

/// <summary>A cell of a table, over so many columns and rows; or the continuation of the one above it.</summary>
internal readonly record struct GridCell(string Text, int Columns = 1, int Rows = 1, bool ContinuesAbove = false);
