using DocumentFormat.OpenXml;
using DocumentFormat.OpenXml.Packaging;
using DocumentFormat.OpenXml.Wordprocessing;
using Freehold.Ingestion;

namespace Freehold.Tests.Ingestion.Readers;

public sealed class DocxReaderTests
{
    [Fact]
    public void Headings_are_known_by_style_name_inheritance_and_outline_level()
    {
        var document = Files.Read("a.docx", Files.Docx(
            docx =>
            {
                docx.MainDocumentPart!.AddNewPart<StyleDefinitionsPart>().Styles = new Styles(
                    new Style(new StyleName { Val = "heading 2" }) { StyleId = "berschrift2", Type = StyleValues.Paragraph },
                    new Style(new StyleName { Val = "Chapter" }, new BasedOn { Val = "berschrift2" })
                    {
                        StyleId = "Chapter",
                        Type = StyleValues.Paragraph,
                    });
            },
            Files.Paragraph("Second", "berschrift2"),
            Files.Paragraph("Inherited", "Chapter"),
            new Paragraph(new ParagraphProperties(new OutlineLevel { Val = 0 }), new Run(new Text("Outlined"))),
            Files.Paragraph("By id", "Heading3"),
            Files.Paragraph("Body")));

        Assert.Equal(
            ["Heading2: Second", "Heading2: Inherited", "Heading1: Outlined", "Heading3: By id", "Paragraph: Body"],
            document.Outline());
        Assert.Equal("Outlined", document.Title);
    }

    [Fact]
    public void Lists_tables_and_line_breaks_are_kept()
    {
        static Paragraph Item(string text) => new(
            new ParagraphProperties(new NumberingProperties(new NumberingLevelReference { Val = 0 }, new NumberingId { Val = 1 })),
            new Run(new Text(text)));
        static TableCell Cell(string text) => new(Files.Paragraph(text));

        var document = Files.Read("a.docx", Files.Docx(
            new Paragraph(new Run(
                new Text("one"), new Break(), new Text("two"), new TabChar(), new Text("three"), new NoBreakHyphen(), new Text("four"))),
            Item("first"),
            Item("second"),
            new Table(
                new TableRow(Cell("a"), Cell("b")),
                new TableRow(Cell("c"), new TableCell(Files.Paragraph("d"), Files.Paragraph("e")))),
            new Table(new TableRow(new TableCell(Files.Paragraph("Box", "Heading1"), Files.Paragraph("text"))))));

        Assert.Equal(
            [
                "Paragraph: one\ntwo three-four",
                "ListItem: first",
                "ListItem: second",
                "Table: a | b\nc | d e",
                "Heading1: Box",
                "Paragraph: text",
            ],
            document.Outline());
    }

    [Fact]
    public void Merged_cells_keep_the_others_in_their_columns()
    {
        static string Cell(string text, string properties = "") =>
            $"<w:tc><w:tcPr>{properties}</w:tcPr><w:p><w:r><w:t>{text}</w:t></w:r></w:p></w:tc>";

        var document = Files.Read("a.docx", Files.DocxOfXml($"""
            <w:tbl><w:tr>{Cell("Team")}{Cell("Points", "<w:gridSpan w:val='2'/>")}{Cell("Year")}</w:tr>
            <w:tr>{Cell("Reds", "<w:vMerge w:val='restart'/>")}{Cell("won")}{Cell("lost")}{Cell("2024")}</w:tr>
            <w:tr>{Cell("", "<w:vMerge/>")}{Cell("3")}{Cell("4")}{Cell("2025")}</w:tr></w:tbl>
            """));

        Assert.Equal(["Table: Team | Points | | Year\nReds | won | lost | 2024\nReds | 3 | 4 | 2025"], document.Outline());
    }

    [Fact]
    public void Changes_are_taken_as_accepted_and_comments_and_hidden_text_left_out()
    {
        var document = Files.Read("a.docx", Files.Docx(
            docx => docx.MainDocumentPart!.AddNewPart<WordprocessingCommentsPart>().Comments =
                new Comments(new Comment(Files.Paragraph("remark")) { Id = "1", Author = "x" }),
            new Paragraph(
                new Run(new Text("kept ")),
                new DeletedRun(new Run(new DeletedText("deleted "))) { Id = "2", Author = "x" },
                new MoveFromRun(new Run(new Text("moved "))) { Id = "3", Author = "x" },
                new InsertedRun(new Run(new Text("inserted"))) { Id = "4", Author = "x" },
                new Run(new RunProperties(new Vanish()), new Text(" hidden")),
                new Run(new FieldCode("PAGEREF")),
                new Run(new CommentReference { Id = "1" })),
            new Table(
                new TableRow(new TableCell(Files.Paragraph("a")), new TableCell(Files.Paragraph("b"))),
                new TableRow(
                    new TableRowProperties(new Deleted { Id = "5", Author = "x" }),
                    new TableCell(Files.Paragraph("c")),
                    new TableCell(Files.Paragraph("d"))))));

        Assert.Equal(["Paragraph: kept inserted", "Table: a | b"], document.Outline());
    }

    [Fact]
    public void Notes_follow_the_paragraph_that_refers_to_them()
    {
        var document = Files.Read("a.docx", Files.Docx(
            docx =>
            {
                docx.MainDocumentPart!.AddNewPart<FootnotesPart>().Footnotes = new Footnotes(
                    new Footnote(Files.Paragraph("separator")) { Type = FootnoteEndnoteValues.Separator, Id = -1 },
                    new Footnote(Files.Paragraph("The footnote.")) { Id = 1 });
                docx.MainDocumentPart!.AddNewPart<EndnotesPart>().Endnotes =
                    new Endnotes(new Endnote(Files.Paragraph("The endnote.")) { Id = 1 });
            },
            new Paragraph(new Run(new Text("Text"), new FootnoteReference { Id = 1 }, new EndnoteReference { Id = 1 })),
            Files.Paragraph("More")));

        Assert.Equal(
            ["Paragraph: Text", "Paragraph: The footnote.", "Paragraph: The endnote.", "Paragraph: More"], document.Outline());
    }

    [Fact]
    public void Text_box_is_read_once()
    {
        const string Box = "<w:txbxContent><w:p><w:r><w:t>In the box</w:t></w:r></w:p></w:txbxContent>";

        var document = Files.Read("a.docx", Files.DocxOfXml($"""
            <w:p><w:r><w:t>Before</w:t></w:r><w:r><mc:AlternateContent xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006">
            <mc:Choice Requires="wps"><w:drawing>{Box}</w:drawing></mc:Choice><mc:Fallback><w:pict>{Box}</w:pict></mc:Fallback>
            </mc:AlternateContent></w:r></w:p>
            """));

        Assert.Equal(["Paragraph: Before", "Paragraph: In the box"], document.Outline());
    }

    [Fact]
    public void Strict_format_is_read()
    {
        var file = Files.DocxOfXml("<w:p><w:r><w:t>Strict</w:t></w:r></w:p>".Replace("w:", "s:", StringComparison.Ordinal)
            .Replace("<s:p>", "<s:p xmlns:s=\"http://purl.oclc.org/ooxml/wordprocessingml/main\">", StringComparison.Ordinal));

        Assert.Equal("Strict", Files.Read("a.docx", file).Text);
    }

    [Fact]
    public void Title_is_the_property_of_the_document_before_its_headings()
    {
        var body = new OpenXmlElement[] { Files.Paragraph("Heading", "Heading1"), Files.Paragraph("Text") };

        Assert.Equal("Property", Files.Read("a.docx", Files.Docx(docx => docx.PackageProperties.Title = "Property", body)).Title);
        Assert.Equal("Heading", Files.Read("a.docx", Files.Docx([.. body.Select(element => element.CloneNode(true))])).Title);
    }

    [Fact]
    public void Formulas_are_readable()
    {
        var document = Files.Read("a.docx", Files.DocxOfXml("""
            <w:p xmlns:m="http://schemas.openxmlformats.org/officeDocument/2006/math"><m:oMath><m:r><m:t>x=</m:t></m:r>
            <m:f><m:num><m:r><m:t>a</m:t></m:r></m:num><m:den><m:r><m:t>b</m:t></m:r></m:den></m:f>
            <m:sSup><m:e><m:r><m:t>c</m:t></m:r></m:e><m:sup><m:r><m:t>2</m:t></m:r></m:sup></m:sSup></m:oMath></w:p>
            """));

        Assert.Equal("x=a/bc^2", document.Text);
    }

    [Theory]
    [InlineData("<m:d><m:e><m:r><m:t>a+b</m:t></m:r></m:e></m:d>", "(a+b)")]
    [InlineData("<m:d><m:dPr><m:begChr m:val='['/><m:endChr m:val=']'/></m:dPr><m:e><m:r><m:t>a</m:t></m:r></m:e></m:d>", "[a]")]
    [InlineData("<m:f><m:num><m:r><m:t>a+1</m:t></m:r></m:num><m:den><m:r><m:t>b-1</m:t></m:r></m:den></m:f>", "(a+1)/(b-1)")]
    [InlineData("<m:sSup><m:e><m:r><m:t>e</m:t></m:r></m:e><m:sup><m:r><m:t>-x</m:t></m:r></m:sup></m:sSup>", "e^(-x)")]
    public void Parts_of_a_formula_are_held_together(string formula, string text)
    {
        Assert.Equal(text, Files.Read("a.docx", Files.DocxOfXml(
            $"<w:p xmlns:m='http://schemas.openxmlformats.org/officeDocument/2006/math'><m:oMath>{formula}</m:oMath></w:p>")).Text);
    }

    [Fact]
    public void Zip_bomb_is_refused()
    {
        var bomb = Files.DocxOfXml("<w:p><w:r><w:t>" + new string('a', 30_000_000) + "</w:t></w:r></w:p>");

        Assert.True(bomb.Length < 100_000);
        Assert.Contains("zip bomb", Files.Refusal("a.docx", bomb));
        Assert.Contains("zip bomb", Files.Refusal(
            "a.docx", Files.DocxOfXml("<w:p><w:r><w:t>text</w:t></w:r></w:p>"), new IngestionOptions { MaxUnpackedBytes = 100 }));
    }

    [Fact]
    public void Files_that_are_no_word_documents_are_refused_with_a_reason()
    {
        var whole = Files.Docx(Files.Paragraph("text"));

        Assert.Equal("The file is a zip archive, but no Word document.", Files.Refusal("a.docx", Files.Zip("x.txt", "text")));
        Assert.Equal("The Word document is damaged and could not be read.", Files.Refusal("a.docx", whole[..(whole.Length / 2)]));
        Assert.Equal("The Word document is damaged and could not be read.", Files.Refusal("a.docx", Files.DocxOfXml("<w:p>")));
        Assert.Equal("No text was found in the file.", Files.Refusal("a.docx", Files.Docx(new Paragraph())));
        Assert.Equal(
            "The file is named .docx, but it is protected by a password or in an old format of Office. Save it as .docx, .xlsx or .pptx, without a password.",
            Files.Refusal("a.docx", [0xD0, 0xCF, 0x11, 0xE0, 0xA1, 0xB1, 0x1A, 0xE1, 0, 0]));
    }
}
