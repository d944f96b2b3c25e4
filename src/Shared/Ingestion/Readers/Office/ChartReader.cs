using System.Text;
using System.Xml;

namespace Freehold.Ingestion.Readers;

/// <summary>Reads a chart: its titles, and its values as a table with a column for each series.</summary>
internal sealed class ChartReader(int maxCharacters)
{
    private readonly List<string> _titles = [];
    private readonly List<Series> _series = [];

    /// <summary>Reads the chart's part.</summary>
    public DrawingShape Read(XmlReader reader)
    {
        ReadChildren(reader);
        SortedDictionary<int, List<FilledCell>> rows = [];
        for (var column = 0; column < _series.Count; column++)
        {
            foreach (var (point, text) in _series[column].Values)
            {
                List<FilledCell> row = rows.TryGetValue(point, out var known) ? known : rows[point] = [];
                if (row.Count == 0 && _series[column].Categories.TryGetValue(point, out var category))
                {
                    row.Add(new FilledCell(0, category));
                }

                row.Add(new FilledCell(column + 1, text));
            }
        }

        IEnumerable<FilledCell> names = _series.Select((series, index) => new FilledCell(index + 1, series.Name));
        return new DrawingShape(
            Paragraphs: [.. _titles.Select(title => new DrawingParagraph(title))],
            Rows: rows.Count == 0 ? [] : [[.. names], .. rows.Values]);
    }

    private void ReadChildren(XmlReader reader) => OfficeXml.ForEachChild(reader, name =>
    {
        switch (name)
        {
            case "title":
                _titles.Add(ReadText(reader));
                break;
            // The second is of the newer kind of chart, whose data stand apart.
            case "ser" or "data":
                var series = new Series();
                ReadSeries(reader, series);
                _series.Add(series);
                break;
            case "txPr" or "spPr" or "extLst":
                OfficeXml.Skip(reader);
                break;
            default:
                ReadChildren(reader);
                break;
        }
    });

    private void ReadSeries(XmlReader reader, Series series) => OfficeXml.ForEachChild(reader, name =>
    {
        switch (name)
        {
            case "tx":
                series.Name = ReadText(reader);
                break;
            case "cat" or "xVal" or "strDim":
                ReadPoints(reader, series.Categories, null);
                break;
            case "val" or "yVal" or "numDim":
                ReadPoints(reader, series.Values, null);
                break;
            default:
                OfficeXml.Skip(reader);
                break;
        }
    });

    private string? ReadPoints(XmlReader reader, Dictionary<int, string> points, string? format)
    {
        OfficeXml.ForEachChild(reader, name =>
        {
            switch (name)
            {
                case "f":
                    OfficeXml.Skip(reader);
                    break;
                case "formatCode":
                    format = ReadText(reader, all: true);
                    break;
                case "pt":
                    var index = int.TryParse(OfficeXml.Attribute(reader, "idx"), out var number) ? number : points.Count;
                    var text = NumberFormat.Of(format).Show(ReadText(reader, all: true).Trim(), is1904: false);
                    points[index] = points.TryGetValue(index, out var inner) ? $"{text} {inner}" : text;
                    break;
                default:
                    format = ReadPoints(reader, points, format);
                    break;
            }
        });
        return format;
    }

    // All text, or what stands in the elements for text and values.
    private string ReadText(XmlReader reader, bool all = false)
    {
        var text = new StringBuilder();
        if (all)
        {
            OfficeXml.AppendText(reader, text, maxCharacters);
        }
        else
        {
            AppendText(reader, text);
        }

        return text.ToString();
    }

    private void AppendText(XmlReader reader, StringBuilder text) => OfficeXml.ForEachChild(reader, name =>
    {
        switch (name)
        {
            case "t" or "v":
                OfficeXml.AppendText(reader, text, maxCharacters);
                break;
            case "f" or "txPr":
                OfficeXml.Skip(reader);
                break;
            case "p" or "pt" or "br":
                text.Append(' ');
                AppendText(reader, text);
                break;
            default:
                AppendText(reader, text);
                break;
        }
    });

    private sealed class Series
    {
        public string Name { get; set; } = "";

        public Dictionary<int, string> Categories { get; } = [];

        public Dictionary<int, string> Values { get; } = [];
    }
}
