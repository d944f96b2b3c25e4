namespace Freehold.Tests.Ingestion.Readers;

public sealed class XlsxReaderTests
{
    [Fact]
    public void Sheets_become_headings_and_tables()
    {
        var file = OfficeFiles.Xlsx(
            [
                ("Prices", """
                    <row r="1"><c r="A1" t="s"><v>0</v></c><c r="B1" t="s"><v>1</v></c><c r="C1" t="str"><f>1+1</f><v>Result</v></c></row>
                    <row r="2"><c r="A2" t="inlineStr"><is><r><t>Bi</t></r><r><t>ke</t></r></is></c><c r="B2"><v>0.30000000000000004</v></c><c r="C2" t="b"><v>1</v></c></row>
                    <row r="3"><c r="C3" t="e"><v>#DIV/0!</v></c></row>
                    """),
                ("Empty", "<row><c/></row>"),
                ("Notes", OfficeFiles.Row("Only this")),
            ],
            strings: "<si><t>Name</t><rPh><t>neim</t></rPh></si><si><r><t>Pri</t></r><r><t>ce</t></r></si>");

        Assert.Equal(
            ["Heading2: Prices", "Table: Name | Price | Result\nBike | 0.3 | TRUE\n| | #DIV/0!", "Heading2: Notes", "Paragraph: Only this"],
            Files.Read("a.xlsx", file).Outline());
    }

    [Theory]
    [InlineData("14", "", "45292", "2024-01-01")]
    [InlineData("22", "", "45292.75", "2024-01-01 18:00")]
    [InlineData("20", "", "0.5", "12:00")]
    [InlineData("46", "", "1.5", "36:00:00")]
    [InlineData("14", "", "1", "1900-01-01")]
    [InlineData("14", "date1904=\"1\"", "0", "1904-01-01")]
    [InlineData("14", "", "-5", "-5")]
    [InlineData("14", "", "1E300", "1E+300")]
    [InlineData("9", "", "0.125", "12.5%")]
    [InlineData("0", "", "12345678901234567890", "1.23456789012346E+19")]
    [InlineData("0", "", "1E-3", "0.001")]
    [InlineData("0", "", "NaN", "NaN")]
    [InlineData("164", "", "45292.5", "2024-01-01 12:00")]
    [InlineData("165", "", "1234.5", "1234.5")]
    [InlineData("166", "", "45292", "2024-01-01")]
    public void Numbers_are_shown_as_what_their_format_makes_of_them(string format, string properties, string value, string shown)
    {
        const string Formats = """
            <numFmts><numFmt numFmtId="164" formatCode="[$-409]d/m/yy\ h:mm;@"/><numFmt numFmtId="165" formatCode="#,##0.00 &quot;days&quot;;[Red]-0"/>
            <numFmt numFmtId="166" formatCode="mmmm"/></numFmts>
            """;
        var file = OfficeFiles.Xlsx(
            [("S", $"<row><c s=\"1\"><v>{value}</v></c></row>")],
            styles: $"{Formats}<cellStyleXfs><xf numFmtId=\"9\"/></cellStyleXfs><cellXfs><xf/><xf numFmtId=\"{format}\"/></cellXfs>",
            properties: properties);

        Assert.Equal(["Heading2: S", $"Paragraph: {shown}"], Files.Read("a.xlsx", file).Outline());
    }

    [Fact]
    public void Header_is_repeated_where_a_long_table_is_cut()
    {
        var rows = string.Concat(Enumerable.Range(0, 200).Select(i => OfficeFiles.Row($"Person {i}", $"Street {i}")));

        var document = Files.Read("a.xlsx", OfficeFiles.Xlsx([("S", OfficeFiles.Row("List of people") + OfficeFiles.Row("Name", "Address") + rows)]));

        var blocks = document.Outline()[2..];
        Assert.Equal("Paragraph: List of people", document.Outline()[1]);
        Assert.InRange(blocks.Length, 4, 8);
        Assert.All(blocks, block => Assert.StartsWith("Table: Name | Address\nPerson ", block, StringComparison.Ordinal));
        Assert.All(document.Blocks.Skip(2), block => Assert.InRange(block.End - block.Start, 1, 1_010));
        Assert.All(Enumerable.Range(0, 200), i => Assert.Single(blocks, block => block.Contains($"\nPerson {i} | Street {i}", StringComparison.Ordinal)));
    }

    [Fact]
    public void Cells_far_away_cost_nothing()
    {
        var file = OfficeFiles.Xlsx([("S", """
            <row r="1"><c r="A1"><v>1</v></c><c r="XFD1"><v>2</v></c></row><row r="1048576"><c r="XFD1048576"><v>3</v></c><c r="ZZZZZZ1"><v>4</v></c></row>
            """)]);

        Assert.Equal(["Heading2: S", "Table: 1 | 2\n| 3"], Files.Read("a.xlsx", file).Outline());
    }

    [Fact]
    public void Text_boxes_on_a_sheet_are_read() =>
        Assert.Equal(
            ["Heading2: S", "Paragraph: In a box"],
            Files.Read("a.xlsx", OfficeFiles.Xlsx(
                [("S", "")],
                drawing: $"<xdr:twoCellAnchor><xdr:sp><xdr:txBody>{OfficeFiles.Paragraphs("In a box")}</xdr:txBody></xdr:sp></xdr:twoCellAnchor>")).Outline());

    [Fact]
    public void Too_many_sheets_and_empty_ones_are_refused()
    {
        Assert.Equal(
            "The Excel workbook has more than 1 sheets, the most that are read.",
            Files.Refusal("a.xlsx", OfficeFiles.Xlsx([("a", ""), ("b", "")]), new() { MaxPages = 1 }));
        Assert.Equal("No text was found in the file.", Files.Refusal("a.xlsx", OfficeFiles.Xlsx([("a", "")])));
    }
}
