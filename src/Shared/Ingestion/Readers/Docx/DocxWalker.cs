using System.Globalization;
using System.Xml;

namespace Freehold.Ingestion.Readers;

/// <summary>Reads the XML of a Word document as a stream of blocks: paragraphs, tables, and the notes they refer to.</summary>
internal sealed class DocxWalker(DocxStyles styles, int maxCharacters, CancellationToken cancellationToken)
{
    private readonly Dictionary<string, string> _notes = [];
    private readonly List<string> _notesDue = [];

    /// <summary>Reads the document's body.</summary>
    public void Read(XmlReader reader, DocumentTextBuilder builder) => ReadBlocks(reader, block =>
    {
        block.AddTo(builder);
        foreach (var note in _notesDue)
        {
            builder.Add(BlockKind.Paragraph, note);
        }

        _notesDue.Clear();
    });

    /// <summary>Reads footnotes or endnotes, to be put where the text refers to them.</summary>
    public void ReadNotes(XmlReader? reader)
    {
        if (reader?.MoveToContent() != XmlNodeType.Element)
        {
            return;
        }

        OfficeXml.ForEachChild(reader, name =>
        {
            // Others are lines that separate notes from the text.
            var isNote = OfficeXml.Attribute(reader, "type") is null or "normal";
            var key = name + OfficeXml.Attribute(reader, "id");
            var blocks = new List<DocxBlock>();
            ReadBlocks(reader, blocks.Add);
            if (isNote)
            {
                _notes[key] = DocxBlock.Flat(blocks);
            }
        });
    }

    /// <summary>Puts the note after the block that is being read.</summary>
    public void ReferTo(string note)
    {
        if (_notes.TryGetValue(note, out var text))
        {
            _notesDue.Add(text);
        }
    }

    /// <summary>Reads the blocks in an element: the body, a cell, a text box, a content control.</summary>
    public void ReadBlocks(XmlReader reader, Action<DocxBlock> add)
    {
        cancellationToken.ThrowIfCancellationRequested();
        OfficeXml.ForEachChild(reader, name => ReadBlock(reader, name, add));
    }

    private void ReadBlock(XmlReader reader, string name, Action<DocxBlock> add)
    {
        switch (name)
        {
            case "p":
                new DocxParagraph(this, styles, maxCharacters).Read(reader, add);
                break;
            case "tbl":
                var rows = new List<IReadOnlyList<DocxCell>>();
                ReadRows(reader, rows);
                add(new DocxBlock(BlockKind.Table, "", Rows: rows));
                break;
            case "del" or "moveFrom" or "sectPr" or "sdtPr":
                OfficeXml.Skip(reader);
                break;
            case "AlternateContent":
                // Both alternatives say the same; the first is the richer one.
                var chosen = 0;
                OfficeXml.ForEachChild(reader, _ => ReadBlocks(reader, chosen++ == 0 ? add : _ => { }));
                break;
            default:
                ReadBlocks(reader, add);
                break;
        }
    }

    private void ReadRows(XmlReader reader, List<IReadOnlyList<DocxCell>> rows) => OfficeXml.ForEachChild(reader, name =>
    {
        switch (name)
        {
            case "tr":
                var cells = new List<DocxCell>();
                if (!ReadCells(reader, cells))
                {
                    rows.Add(cells);
                }

                break;
            case "tblPr" or "tblGrid" or "sdtPr":
                OfficeXml.Skip(reader);
                break;
            default:
                ReadRows(reader, rows);
                break;
        }
    });

    // Tells whether the row is marked as deleted.
    private bool ReadCells(XmlReader reader, List<DocxCell> cells)
    {
        var isDeleted = false;
        OfficeXml.ForEachChild(reader, name =>
        {
            switch (name)
            {
                case "tc":
                    cells.Add(ReadCell(reader));
                    break;
                case "trPr":
                    OfficeXml.ForEachChild(reader, property =>
                    {
                        isDeleted |= property == "del";
                        OfficeXml.Skip(reader);
                    });
                    break;
                default:
                    isDeleted |= ReadCells(reader, cells);
                    break;
            }
        });
        return isDeleted;
    }

    private DocxCell ReadCell(XmlReader reader)
    {
        var blocks = new List<DocxBlock>();
        var (columns, continues) = (1, false);
        OfficeXml.ForEachChild(reader, name =>
        {
            if (name == "tcPr")
            {
                OfficeXml.ForEachChild(reader, property =>
                {
                    columns = property == "gridSpan" && int.TryParse(OfficeXml.Attribute(reader, "val"), CultureInfo.InvariantCulture, out var span)
                        ? span
                        : columns;
                    continues |= property == "vMerge" && OfficeXml.Attribute(reader, "val") != "restart";
                    OfficeXml.Skip(reader);
                });
            }
            else
            {
                ReadBlock(reader, name, blocks.Add);
            }
        });
        return new DocxCell(blocks, columns, continues && blocks.TrueForAll(block => block.Rows is null && string.IsNullOrWhiteSpace(block.Text)));
    }
}
