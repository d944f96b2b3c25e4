namespace Freehold.Ingestion.Readers;

/// <summary>
/// Writes a table into a text, row by row, in blocks that fit into a chunk: each begins with the table's first row, so that what is found says
/// what its columns mean. A column that is empty in a block takes no room, however far to the right the others are.
/// </summary>
internal sealed class TableBlocks(DocumentTextBuilder builder, int? page = null)
{
    /// <summary>Length of a block, in UTF-16 code units, its header included.</summary>
    public const int BlockCharacters = 1_000;

    private const int SeparatorCharacters = 3;

    private readonly List<IReadOnlyList<FilledCell>> _rows = [];
    private IReadOnlyList<FilledCell> _header = [];
    private int _headerLength;
    private int _length;
    private bool _isHeaderWritten;
    private DocumentTextBuilder _builder = builder;

    /// <summary>Adds a row; the first that is not empty is the header.</summary>
    public void Add(IEnumerable<FilledCell> row)
    {
        List<FilledCell> cells = [.. row
            .Select(cell => cell with { Text = TextCleaner.Collapse(cell.Text, lines: false) })
            .Where(cell => cell.Text.Length > 0)];
        if (cells.Count == 0)
        {
            return;
        }

        var length = cells.Sum(cell => cell.Text.Length + SeparatorCharacters);
        if (_header.Count == 0)
        {
            (_header, _headerLength) = (cells, length);
            return;
        }

        // A long header is repeated with as much of the rows as its own length, which at most doubles the text.
        if (_rows.Count > 0 && _length + length > (IsRepeated ? Math.Max(BlockCharacters - _headerLength, _headerLength) : BlockCharacters))
        {
            Flush();
        }

        _rows.Add(cells);
        _length += length;
    }

    /// <summary>Goes on in another text, with the same header.</summary>
    public void MoveTo(DocumentTextBuilder other) => _builder = other;

    /// <summary>Writes what is left. The next row begins another table.</summary>
    public void Close()
    {
        Flush();
        _header = [];
        _isHeaderWritten = false;
    }

    private bool IsRepeated => _headerLength <= BlockCharacters;

    private void Flush()
    {
        IReadOnlyList<FilledCell>[] rows = _isHeaderWritten && (!IsRepeated || _rows.Count == 0) ? [.. _rows] : [_header, .. _rows];
        int[] columns = [.. rows.SelectMany(row => row).Select(cell => cell.Column).Distinct().Order()];
        var places = columns.Index().ToDictionary(column => column.Item, column => column.Index);
        _builder.AddTable(rows.Select(row => Spread(row, places)), page);
        _rows.Clear();
        _length = 0;
        _isHeaderWritten = true;
    }

    private static string[] Spread(IReadOnlyList<FilledCell> row, Dictionary<int, int> places)
    {
        var cells = new string[row.Count == 0 ? 0 : places[row[^1].Column] + 1];
        Array.Fill(cells, "");
        foreach (var cell in row)
        {
            cells[places[cell.Column]] = cell.Text;
        }

        return cells;
    }
}
