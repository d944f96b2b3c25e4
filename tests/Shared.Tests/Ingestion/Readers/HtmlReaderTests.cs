using System.Text;

namespace Freehold.Tests.Ingestion.Readers;

public sealed class HtmlReaderTests
{
    [Fact]
    public void Content_is_read_without_the_furniture_of_the_page()
    {
        var document = Files.Read("a.html", """
            <!doctype html><html><head><title>The  page</title><style>p { color: red }</style><script>var no = 1;</script></head><body>
            <header><a href="/">Home</a></header><nav><ul><li>Menu</li></ul></nav>
            <h1>Heading</h1><p>First <b>bold</b>
               text<br>second line &amp; more.</p><p hidden>no</p><p style="display: none">no</p><div>loose <span>text</span></div>
            <ul><li>one</li><li>two<ul><li>inner</li></ul></li></ul><ol start="3"><li>three</li><li>four</li></ol>
            <pre>  code
                more</pre>
            <table><tr><th>Name</th><th>Price</th></tr><tr><td>Tea<br>green</td><td> 2 </td></tr></table>
            <aside>Related</aside><form><input value="no"><label>Search</label><button>Go</button></form><footer>Imprint</footer>
            </body></html>
            """);

        Assert.Equal(
            [
                "Heading1: Heading",
                "Paragraph: First bold text\nsecond line & more.",
                "Paragraph: loose text",
                "ListItem: one",
                "ListItem: two",
                "ListItem: inner",
                "ListItem: 3. three",
                "ListItem: 4. four",
                "Code:   code\n    more",
                "Table: Name | Price\nTea green | 2",
            ],
            document.Outline());
        Assert.Equal("The page", document.Title);
    }

    [Fact]
    public void Furniture_is_read_where_there_is_nothing_else()
    {
        Assert.Equal(["Paragraph: Only a footer"], Files.Read("a.html", "<body><footer>Only a footer</footer></body>").Outline());
    }

    [Fact]
    public void Main_content_stands_for_the_page()
    {
        var text = Files.Repeat("Words of the article. ", 20).TrimEnd();

        var document = Files.Read("a.html", $"""
            <div>Cookies!</div><main><header><h1>Title</h1></header><p>{text}</p><aside>A note.</aside></main><div>Ads</div>
            """);

        Assert.Equal(["Heading1: Title", $"Paragraph: {text}", "Paragraph: A note."], document.Outline());
        Assert.Equal("Title", document.Title);
    }

    [Fact]
    public void Form_that_wraps_the_page_is_no_furniture()
    {
        Assert.Equal(["Paragraph: Text"], Files.Read("a.html", "<form><p>Text</p><input></form>").Outline());
    }

    [Fact]
    public void Table_that_arranges_a_page_is_read_cell_by_cell()
    {
        Assert.Equal(
            ["Heading1: Left", "Paragraph: text", "Table: a | b"],
            Files.Read("a.html", """
                <table><tr><td><h1>Left</h1>text</td><td><table><tr><td>a</td><td>b</td></tr></table></td></tr></table>
                """).Outline());
    }

    [Fact]
    public void Cells_over_several_rows_and_columns_keep_the_others_in_their_columns()
    {
        Assert.Equal(
            ["Table: Team | Points | | Year\nReds | won | lost | 2024\nReds | 3 | 4 | 2025\nBlues | 5 | | 2026"],
            Files.Read("a.html", """
                <table><tr><th>Team<th colspan=2>Points<th>Year</tr><tr><td rowspan=2>Reds<td>won<td>lost<td>2024</tr>
                <tr><td>3<td>4<td>2025</tr><tr><td>Blues<td colspan=2>5<td>2026</tr></table>
                """).Outline());
    }

    [Fact]
    public void Cells_over_thousands_of_rows_and_columns_do_not_multiply_the_text()
    {
        var text = Files.Repeat("word ", 300);

        var document = Files.Read("a.html", $"<table><tr><td rowspan=60000>{text}<td colspan=1000>a<td>b</tr>{Files.Repeat("<tr><td>x<td>y</tr>", 500)}</table>");

        Assert.InRange(document.Text.Length, text.Length, text.Length + 20_000);
    }

    [Theory]
    [InlineData("<meta charset='iso-8859-15'>", 0xA4, "€")]
    [InlineData("<meta http-equiv='Content-Type' content='text/html; charset=koi8-r'>", 0xC1, "а")]
    [InlineData("", 0x80, "€")]
    [InlineData("<meta charset=utf-16>", 0x80, "€")]
    [InlineData("<meta charset=utf-7>", 0x80, "€")]
    public void Encoding_is_the_one_that_the_page_names(string meta, byte letter, string expected)
    {
        Assert.Equal($"x{expected}x", Files.Read("a.html", [.. Encoding.ASCII.GetBytes(meta + "<p>x"), letter, (byte)'x']).Text);
    }

    [Fact]
    public void Null_characters_and_lone_surrogates_do_not_come_through()
    {
        Assert.DoesNotContain(Files.Read("a.html", "<p>a&#0;b&#xD800;c \0 and text</p>").Text, c => c == '\0' || char.IsSurrogate(c));
    }
}
