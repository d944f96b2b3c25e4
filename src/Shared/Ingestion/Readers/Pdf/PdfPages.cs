using System.Collections;
using System.Text;

namespace Freehold.Ingestion.Readers;

/// <summary>
/// The lines of a document's pages, packed: what stands on every page, and what is set larger than most of the text, is known at the end
/// alone, and as objects the lines of ten thousand pages take hundreds of megabytes. Lines are made anew each time that pages are listed.
/// </summary>
internal sealed class PdfPages : IEnumerable<List<PdfLine>>
{
    private readonly List<byte[]> _pages = [];

    /// <summary>Whether no page holds a line.</summary>
    public bool AreBlank { get; private set; } = true;

    /// <summary>Adds a page.</summary>
    public void Add(List<PdfLine> lines)
    {
        if (lines.Count == 0)
        {
            return;
        }

        AreBlank = false;
        using var packed = new MemoryStream();
        using var writer = new BinaryWriter(packed, Encoding.UTF8);
        writer.Write7BitEncodedInt(lines.Count);
        foreach (var line in lines)
        {
            Write(writer, line);
        }

        writer.Flush();
        _pages.Add(packed.ToArray());
    }

    /// <summary>Lists the pages that hold lines.</summary>
    public IEnumerator<List<PdfLine>> GetEnumerator()
    {
        foreach (var page in _pages)
        {
            using var reader = new BinaryReader(new MemoryStream(page), Encoding.UTF8);
            var count = reader.Read7BitEncodedInt();
            yield return [.. Enumerable.Range(0, count).Select(_ => Read(reader))];
        }
    }

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    private static void Write(BinaryWriter writer, PdfLine line)
    {
        writer.Write7BitEncodedInt(line.Page);
        writer.Write7BitEncodedInt(line.Region);
        writer.Write(line.Left);
        writer.Write(line.Right);
        writer.Write(line.Baseline);
        writer.Write(line.Size);
        writer.Write7BitEncodedInt(line.Cells.Count);
        foreach (var cell in line.Cells)
        {
            writer.Write(cell);
        }
    }

    private static PdfLine Read(BinaryReader reader)
    {
        var (page, region) = (reader.Read7BitEncodedInt(), reader.Read7BitEncodedInt());
        var (left, right, baseline, size) = (reader.ReadDouble(), reader.ReadDouble(), reader.ReadDouble(), reader.ReadDouble());
        var cells = new string[reader.Read7BitEncodedInt()];
        for (var i = 0; i < cells.Length; i++)
        {
            cells[i] = reader.ReadString();
        }

        return new(page, region, cells, left, right, baseline, size);
    }
}
