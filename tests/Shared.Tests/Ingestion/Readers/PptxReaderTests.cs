namespace Freehold.Tests.Ingestion.Readers;

public sealed class PptxReaderTests
{
    [Fact]
    public void Slides_come_in_their_order_with_number_title_text_and_notes()
    {
        var file = OfficeFiles.Pptx(
        [
            OfficeFiles.Shape("First point\nSecond point", "body") + OfficeFiles.Shape("Plan", "ctrTitle") + OfficeFiles.Shape("1", "sldNum")
                + OfficeFiles.Shape("Confidential", "ftr"),
            $"<p:grpSp><p:grpSp>{OfficeFiles.Shape("In a group")}</p:grpSp></p:grpSp>" + OfficeFiles.Shape("Confidential", "ftr"),
        ], OfficeFiles.Notes("Say hello."));

        var document = Files.Read("a.pptx", file);

        Assert.Equal("Plan", document.Title);
        Assert.Equal(
            [
                "Heading2: Plan", "ListItem: First point", "ListItem: Second point", "Paragraph: Confidential", "Paragraph: Notes: Say hello.",
                "Heading2: Slide 2", "Paragraph: In a group", "Paragraph: Notes: Say hello.",
            ],
            document.Outline());
        Assert.Equal([1, 1, 1, 1, 1, 2, 2, 2], document.Blocks.Select(block => block.Page));
    }

    [Fact]
    public void Tables_diagrams_and_charts_are_read()
    {
        const string Chart = """
            <c:chart><c:title><c:tx><c:rich><a:p><a:r><a:t>Ducks</a:t></a:r></a:p></c:rich></c:tx></c:title><c:plotArea><c:lineChart>
            <c:ser><c:tx><c:strRef><c:f>S!A1</c:f><c:strCache><c:pt idx="0"><c:v>Grey</c:v></c:pt></c:strCache></c:strRef></c:tx>
            <c:cat><c:numRef><c:numCache><c:formatCode>yyyy</c:formatCode><c:pt idx="0"><c:v>45292</c:v></c:pt><c:pt idx="1"><c:v>45658</c:v></c:pt></c:numCache></c:numRef></c:cat>
            <c:val><c:numRef><c:f>S!B1</c:f><c:numCache><c:pt idx="0"><c:v>1.5</c:v></c:pt><c:pt idx="1"><c:v>2</c:v></c:pt></c:numCache></c:numRef></c:val></c:ser>
            </c:lineChart></c:plotArea></c:chart>
            """;
        static string Cell(string text) => $"<a:tc><a:txBody>{OfficeFiles.Paragraphs(text)}</a:txBody></a:tc>";
        static string Frame(string content) => $"<p:graphicFrame><a:graphic><a:graphicData>{content}</a:graphicData></a:graphic></p:graphicFrame>";

        var file = OfficeFiles.Pptx(
            [Frame($"<a:tbl><a:tr>{Cell("Who")}{Cell("When")}</a:tr><a:tr>{Cell("Ann")}{Cell("to\nday")}</a:tr></a:tbl>")
                + Frame("<dgm:relIds r:dm=\"r1\"/>") + Frame("<c:chart r:id=\"r2\"/>")],
            OfficeFiles.Diagram("Step one\nStep two"), OfficeFiles.Chart(Chart));

        Assert.Equal(
            [
                "Heading2: Slide 1", "Table: Who | When\nAnn | to day", "ListItem: Step one", "ListItem: Step two", "Paragraph: Ducks",
                "Table: | Grey\n2024-01-01 | 1.5\n2025-01-01 | 2",
            ],
            Files.Read("a.pptx", file).Outline());
    }

    [Fact]
    public void Content_that_is_there_twice_for_older_readers_is_read_once()
    {
        var file = OfficeFiles.Pptx([$"""
            <mc:AlternateContent><mc:Choice Requires="x">{OfficeFiles.Shape("New")}</mc:Choice><mc:Fallback>{OfficeFiles.Shape("Old")}</mc:Fallback></mc:AlternateContent>
            """]);

        Assert.Equal(["Heading2: Slide 1", "Paragraph: New"], Files.Read("a.pptx", file).Outline());
    }

    [Fact]
    public void Too_many_slides_and_slides_without_text_are_refused()
    {
        Assert.Equal(
            "The PowerPoint presentation has more than 1 slides, the most that are read.",
            Files.Refusal("a.pptx", OfficeFiles.Pptx([OfficeFiles.Shape("a"), OfficeFiles.Shape("b")]), new() { MaxPages = 1 }));
        Assert.StartsWith("The PowerPoint presentation holds no text.", Files.Refusal("a.pptx", OfficeFiles.Pptx([""])), StringComparison.Ordinal);
        Assert.Equal(
            "The PowerPoint presentation is a package of 6 parts, and at most 5 are read.",
            Files.Refusal("a.pptx", OfficeFiles.Pptx([OfficeFiles.Shape("a")]), new() { MaxPackageEntries = 5 }));
    }
}
