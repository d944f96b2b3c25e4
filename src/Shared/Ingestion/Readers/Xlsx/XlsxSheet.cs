using System.Text;
using System.Xml;

namespace Freehold.Ingestion.Readers;

/// <summary>
/// Reads the rows of a sheet as they come. Rows of a single cell above the table are its title rather than its header, unless there are so many of
/// them that they are the table.
/// </summary>
internal sealed class XlsxSheet(XlsxValues values, int maxCharacters)
{
    private const int MaxColumns = 16_384;
    private const int MaxTitleRows = 3;

    private readonly StringBuilder _value = new();
    private readonly List<FilledCell> _titles = [];
    private bool _isInTable;

    /// <summary>Reads a sheet's part; <paramref name="begin"/> is called before the first row that holds anything.</summary>
    public void Read(XmlReader reader, DocumentTextBuilder builder, Action begin)
    {
        var table = new TableBlocks(builder);
        OfficeXml.ForEachChild(reader, name =>
        {
            if (name != "sheetData")
            {
                OfficeXml.Skip(reader);
                return;
            }

            OfficeXml.ForEachChild(reader, _ =>
            {
                var row = ReadRow(reader);
                if (row.Count > 0)
                {
                    begin();
                    Add(row, table, builder);
                }
            });
        });
        AddTitles(builder);
        table.Close();
    }

    private void Add(List<FilledCell> row, TableBlocks table, DocumentTextBuilder builder)
    {
        if (!_isInTable && row.Count == 1)
        {
            _titles.Add(row[0]);
            if (_titles.Count <= MaxTitleRows)
            {
                return;
            }

            _titles.ForEach(title => table.Add([title]));
            _titles.Clear();
        }
        else
        {
            AddTitles(builder);
            table.Add(row);
        }

        _isInTable = true;
    }

    private void AddTitles(DocumentTextBuilder builder)
    {
        _titles.ForEach(title => builder.Add(BlockKind.Paragraph, title.Text));
        _titles.Clear();
    }

    private List<FilledCell> ReadRow(XmlReader reader)
    {
        var row = new List<FilledCell>();
        var column = -1;
        long length = 0;
        OfficeXml.ForEachChild(reader, name =>
        {
            if (name != "c")
            {
                OfficeXml.Skip(reader);
                return;
            }

            column = ColumnOf(OfficeXml.Attribute(reader, "r")) is { } named && named > column ? named : column + 1;
            var text = ReadCell(reader);
            if (column < MaxColumns && !string.IsNullOrWhiteSpace(text))
            {
                row.Add(new FilledCell(column, text));
                length += text.Length;
                if (length > maxCharacters)
                {
                    throw DocumentTextBuilder.TooMuchText(maxCharacters);
                }
            }
        });
        return row;
    }

    private string ReadCell(XmlReader reader)
    {
        var (type, style) = (OfficeXml.Attribute(reader, "t"), OfficeXml.Attribute(reader, "s"));
        _value.Clear();
        OfficeXml.ForEachChild(reader, name =>
        {
            switch (name)
            {
                case "v":
                    OfficeXml.AppendText(reader, _value, maxCharacters);
                    break;
                case "is":
                    XlsxValues.AppendString(reader, _value, maxCharacters);
                    break;
                default:
                    OfficeXml.Skip(reader);
                    break;
            }
        });
        return _value.Length == 0 ? "" : values.Show(_value.ToString(), type, style);
    }

    // The letters of a reference like AB12, from 0.
    private static int? ColumnOf(string? reference)
    {
        var column = 0;
        foreach (var letter in reference ?? "")
        {
            if (!char.IsAsciiLetter(letter) || column > MaxColumns)
            {
                break;
            }

            column = (column * 26) + (letter & 0x1F);
        }

        return column == 0 ? null : column - 1;
    }
}
