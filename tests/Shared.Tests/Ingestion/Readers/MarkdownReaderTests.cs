namespace Freehold.Tests.Ingestion.Readers;

public sealed class MarkdownReaderTests
{
    [Fact]
    public void Structure_is_kept_and_markers_are_dropped()
    {
        var document = Files.Read("a.md", """
            # Title with `code`

            Some *emphasised* and **strong** text with [a link](http://example.com "hint"),
            on two lines\
            and a hard break. ![picture text](a.png)

            Setext
            ------

            - first
            - second
              - nested

            3. third
            4. [x] fourth

            > quoted

            ```csharp
              var x = 1;

              var y = 2;
            ```
            """);

        Assert.Equal(
            [
                "Heading1: Title with code",
                "Paragraph: Some emphasised and strong text with a link, on two lines\nand a hard break. picture text",
                "Heading2: Setext",
                "ListItem: first",
                "ListItem: second",
                "ListItem: nested",
                "ListItem: 3. third",
                "ListItem: 4. [x] fourth",
                "Paragraph: quoted",
                "Code:   var x = 1;\n\n  var y = 2;",
            ],
            document.Outline());
        Assert.Equal("Title with code", document.Title);
    }

    [Fact]
    public void Items_of_a_list_are_separated_by_a_line_end_and_other_blocks_by_a_blank_line()
    {
        Assert.Equal("a\n\nb\nc\n\nd", Files.Read("a.md", "a\n\n- b\n- c\n\nd").Text);
    }

    [Fact]
    public void Table_rows_are_lines()
    {
        Assert.Equal(
            ["Table: Name | Price\nTea | **bold**\nMilk | 2 €"],
            Files.Read("a.md", "| Name | Price |\n|---|---:|\n| [Tea](x) | `**bold**` |\n| Milk | 2 € |\n").Outline());
    }

    [Fact]
    public void Front_matter_gives_the_title_and_no_text()
    {
        var document = Files.Read("a.md", "---\nlayout: page\ntitle: \"The title\"\n---\n\n## Section\n\nText");

        Assert.Equal("The title", document.Title);
        Assert.Equal(["Heading2: Section", "Paragraph: Text"], document.Outline());
    }

    [Fact]
    public void Html_leaves_its_text()
    {
        Assert.Equal(
            ["Paragraph: Details", "Paragraph: one\ntwo & three", "Table: a | b"],
            Files.Read("a.md", """
                <details><summary>Details</summary></details>

                one<br/>two <b>&amp;</b> three

                <table><tr><td>a</td><td>b</td></tr></table>

                <!-- no -->
                """).Outline());
    }

    [Fact]
    public void Formulas_footnotes_and_definitions_are_kept()
    {
        var document = Files.Read("a.md", "Costs $5 and $a_1 * b_2$.[^1]\n\n[^1]: A note.\n\n[ref]: http://example.com\n");

        Assert.Equal(["Paragraph: Costs $5 and $a_1 * b_2$.", "Paragraph: A note."], document.Outline());
    }

    [Fact]
    public void Links_that_are_none_stay_as_written()
    {
        Assert.Equal("[a] and [b](c and http://example.com", Files.Read("a.md", "[a] and [b](c and <http://example.com>").Text);
    }
}
