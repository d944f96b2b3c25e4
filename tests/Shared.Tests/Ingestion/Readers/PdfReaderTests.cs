using System.Text;
using Freehold.Ingestion;
using Freehold.Ingestion.Readers;

namespace Freehold.Tests.Ingestion.Readers;

public sealed class PdfReaderTests
{
    private const string Page = "<</Type/Page/Parent 2 0 R/MediaBox[0 0 600 800]/Contents 4 0 R/Resources<</Font<</F1 5 0 R>>>>";
    private const string Font = "<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>";

    [Fact]
    public void Pages_headings_and_paragraphs_are_found()
    {
        var document = Files.Read("a.pdf", Files.Pdf(
            [
                ("A Report", 24, 50, 780),
                ("First section", 16, 50, 740),
                ("The first line of a paragraph that goes on, and", 10, 50, 715),
                ("ends on the second line.", 10, 50, 703),
                ("Another paragraph after a gap.", 10, 50, 670),
            ],
            [("On the second page.", 10, 50, 780)]));

        Assert.Equal(
            [
                "Heading1: A Report",
                "Heading2: First section",
                "Paragraph: The first line of a paragraph that goes on, and ends on the second line.",
                "Paragraph: Another paragraph after a gap.",
                "Paragraph: On the second page.",
            ],
            document.Outline());
        Assert.Equal([1, 1, 1, 1, 2], document.Blocks.Select(block => block.Page!.Value));
        Assert.Equal("A Report", document.Title);
    }

    [Fact]
    public void Columns_are_read_one_after_the_other()
    {
        static (string, double, double, double)[] Column(string name, double x) =>
            [.. Enumerable.Range(0, 8).Select(i => ($"{name} column with its line {(char)('a' + i)} of text", 10d, x, 700d - (i * 12)))];

        var document = Files.Read("a.pdf", Files.Pdf(
            [
                ("Title across the columns of the page, which is as wide as both of them together", 10, 50, 750),
                .. Column("left", 50),
                .. Column("right", 310),
            ]));

        var outline = document.Outline();
        Assert.Equal(3, outline.Length);
        Assert.StartsWith("Paragraph: left column with its line a of text left column", outline[1], StringComparison.Ordinal);
        Assert.StartsWith("Paragraph: right column with its line a of text right column", outline[2], StringComparison.Ordinal);
    }

    [Fact]
    public void Rows_of_a_table_stay_together()
    {
        var document = Files.Read("a.pdf", Files.Pdf(
            [
                ("Net sales", 10, 50, 700), ("$", 10, 300, 700), ("82,959", 10, 320, 700), ("81,434", 10, 420, 700),
                ("Cost of sales", 10, 50, 688), ("47,074", 10, 320, 688), ("46,179", 10, 420, 688),
                ("Gross margin", 10, 50, 676), ("35,885", 10, 320, 676), ("35,255", 10, 420, 676),
            ]));

        Assert.Equal(
            ["Table: Net sales | $ 82,959 | 81,434\nCost of sales | 47,074 | 46,179\nGross margin | 35,885 | 35,255"],
            document.Outline());
    }

    [Fact]
    public void Letters_are_joined_to_words_whatever_their_order_in_the_file()
    {
        // Courier's letters are 6 points wide at a size of 10.
        var letters = "Hello world".Select((c, i) => c == ' ' ? "" : $"1 0 0 1 {50 + (6 * i)} 700 Tm ({c}) Tj ").Reverse();
        var file = Files.PdfOfObjects(
            "<</Type/Catalog/Pages 2 0 R>>",
            "<</Type/Pages/Kids[3 0 R]/Count 1>>",
            Page + ">>",
            Files.PdfStream($"BT /F1 10 Tf {string.Concat(letters)} ET"),
            "<</Type/Font/Subtype/Type1/BaseFont/Courier>>");

        Assert.Equal("Hello world", Files.Read("a.pdf", file).Text);
    }

    [Fact]
    public void Bold_print_by_printing_twice_is_read_once()
    {
        Assert.Equal("Bold", Files.Read("a.pdf", Files.Pdf([("Bold", 10, 50, 700), ("Bold", 10, 50.3, 700)])).Text);
    }

    [Theory]
    [InlineData("םולש", "שלום")]
    [InlineData("2024 תנש", "שנת 2024")]
    [InlineData("ABC ba", "ABC ba")]
    [InlineData("ofﬁce", "office")]
    public void Drawn_text_is_put_into_reading_order(string drawn, string read)
    {
        Assert.Equal(read, PdfText.Logical(drawn));
    }

    [Fact]
    public void Values_of_form_fields_are_read()
    {
        var file = Files.PdfOfObjects(
            "<</Type/Catalog/Pages 2 0 R/AcroForm<</Fields[6 0 R]>>>>",
            "<</Type/Pages/Kids[3 0 R]/Count 1>>",
            Page + "/Annots[6 0 R]>>",
            Files.PdfStream("BT /F1 12 Tf 50 700 Td (Name of the applicant) Tj ET"),
            Font,
            "<</Type/Annot/Subtype/Widget/FT/Tx/T(name)/TU(Full name)/V(Ada Lovelace)/Kids[6 0 R]/Parent 6 0 R/Rect[0 0 9 9]>>");

        Assert.Equal(
            ["Paragraph: Name of the applicant", "Paragraph: Full name: Ada Lovelace"], Files.Read("a.pdf", file).Outline());
    }

    [Fact]
    public void Files_without_text_or_with_a_password_are_refused_with_a_reason()
    {
        var encrypted = Files.PdfOfObjects(
            "/ID[<00><00>]/Encrypt<</Filter/Standard/V 1/R 2/P -4/O(01234567890123456789012345678901)/U(01234567890123456789012345678901)>>",
            ["<</Type/Catalog/Pages 2 0 R>>", "<</Type/Pages/Kids[]/Count 0>>"]);

        Assert.Equal("The PDF is protected by a password.", Files.Refusal("a.pdf", encrypted));
        Assert.StartsWith("The PDF holds no text.", Files.Refusal("a.pdf", Files.Pdf([])), StringComparison.Ordinal);
    }

    [Fact]
    public void Damaged_files_are_refused()
    {
        var whole = Files.Pdf([("Text", 10, 50, 700)]);

        Assert.StartsWith("The PDF ", Files.Refusal("a.pdf", whole[..(whole.Length / 3)]), StringComparison.Ordinal);
        Assert.Equal("The PDF is damaged and could not be read.", Files.Refusal("a.pdf", "%PDF-1.7"u8.ToArray()));
        Assert.Equal("The file is named .pdf, but its content is not a PDF.", Files.Refusal("a.pdf", "Hello"u8.ToArray()));
    }

    [Fact]
    public void File_that_is_encrypted_without_a_password_to_read_it_is_read()
    {
        var (trailer, seal) = EncryptedPdf.WithoutPassword();
        var file = Files.PdfOfObjects(
            trailer,
            ["<</Type/Catalog/Pages 2 0 R>>", "<</Type/Pages/Kids[3 0 R]/Count 1>>", Page + ">>", seal("BT /F1 12 Tf 50 700 Td (Text) Tj ET"), Font]);

        Assert.Equal("Text", Files.Read("a.pdf", file).Text);
    }

    [Theory]
    [InlineData("xref\n0", "")]
    [InlineData("startxref\n", "startxref\n77\n%%EOF")]
    [InlineData("trailer", "")]
    public void File_without_a_good_table_of_its_objects_is_read(string from, string instead)
    {
        var whole = Encoding.Latin1.GetString(Whole());

        var damaged = whole[..whole.LastIndexOf(from, StringComparison.Ordinal)] + instead;

        Assert.Equal("Text", Files.Read("a.pdf", Encoding.Latin1.GetBytes(damaged)).Text);
    }

    [Theory]
    [InlineData("A Report of the Year", "A Report of the Year")]
    [InlineData("Microsoft Word - Report of the year", "Heading")]
    [InlineData("Report of the year.indd", "Heading")]
    [InlineData("0000320193-23-000077", "Heading")]
    [InlineData("Layout 1", "Heading")]
    [InlineData("PowerPoint Presentation", "Heading")]
    [InlineData("", "Heading")]
    public void Title_is_the_property_where_a_person_wrote_it(string property, string title)
    {
        var file = Files.PdfOfObjects(
            "/Info 6 0 R",
            [
                "<</Type/Catalog/Pages 2 0 R>>",
                "<</Type/Pages/Kids[3 0 R]/Count 1>>",
                Page + ">>",
                Files.PdfStream("BT /F1 24 Tf 50 700 Td (Heading) Tj ET BT /F1 10 Tf 50 600 Td (Text that is set smaller) Tj ET"),
                Font,
                $"<</Title({property})>>",
            ]);

        Assert.Equal(title, Files.Read("a.pdf", file).Title);
    }

    [Fact]
    public void Page_that_cannot_be_read_costs_its_own_text_alone()
    {
        var good = Files.PdfStream("BT /F1 12 Tf 50 700 Td (Text) Tj ET");
        byte[] Pages(string first) => Files.PdfOfObjects(
            "<</Type/Catalog/Pages 2 0 R>>", "<</Type/Pages/Kids[6 0 R 3 0 R]/Count 2>>", Page + ">>", first, Font,
            Page.Replace("4 0 R", "7 0 R", StringComparison.Ordinal) + ">>", "[(no stream)]");

        Assert.Equal("Text", Files.Read("a.pdf", Pages(good)).Text);
        Assert.Equal("The PDF is damaged and could not be read.", Files.Refusal("a.pdf", Pages("(no stream)")));
    }

    [Fact]
    public void Too_many_pages_are_refused()
    {
        var file = Files.Pdf([("One", 10, 50, 700)], [("Two", 10, 50, 700)]);

        Assert.Equal("The PDF has 2 pages, and at most 1 are read.", Files.Refusal("a.pdf", file, new IngestionOptions { MaxPages = 1 }));
    }

    [Fact]
    public void Forms_that_draw_each_other_end()
    {
        static string Form(int other, string content) =>
            Files.PdfStream(content, $"/Type/XObject/Subtype/Form/BBox[0 0 9 9]/Resources<</XObject<</A {other} 0 R>>>>");
        string[] Objects(params string[] forms) =>
        [
            "<</Type/Catalog/Pages 2 0 R>>",
            "<</Type/Pages/Kids[3 0 R]/Count 1>>",
            "<</Type/Page/Parent 2 0 R/MediaBox[0 0 600 800]/Contents 4 0 R/Resources<</Font<</F1 5 0 R>>/XObject<</A 6 0 R>>>>>>",
            Files.PdfStream("BT /F1 12 Tf 50 700 Td (Text) Tj ET /A Do"),
            Font,
            .. forms,
        ];

        var twice = Files.PdfOfObjects(Objects([.. Enumerable.Range(7, 40).Select(other => Form(other, "/A Do /A Do"))]));
        var circle = Files.PdfOfObjects(Objects(Form(7, "/A Do"), Form(6, "/A Do")));

        Assert.StartsWith("A page of the PDF draws", Files.Refusal("a.pdf", twice), StringComparison.Ordinal);
        Assert.Equal("Text", Files.Read("a.pdf", circle).Text);
    }

    [Theory]
    [InlineData("4 0 R", "4 0 R")]
    [InlineData("6 0 R", "4 0 R")]
    [InlineData("4 % comment\n0 R", "[4 0 R]")]
    public void References_that_go_in_a_circle_are_refused(string contents, string other)
    {
        var file = Files.PdfOfObjects("<</Type/Catalog/Pages 2 0 R>>", "<</Type/Pages/Kids[3 0 R]/Count 1>>", Page + ">>", contents, Font, other);

        Assert.StartsWith("The PDF is damaged", Files.Refusal("a.pdf", file), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("/Names<</Dests 6 0 R>>")]
    [InlineData("/Names<</#44e#73ts 6 0 R>>")]
    public void Destinations_that_go_in_a_circle_do_no_harm(string names)
    {
        var file = Files.PdfOfObjects(
            $"<</Type/Catalog/Pages 2 0 R{names}>>",
            "<</Type/Pages/Kids[3 0 R]/Count 1>>",
            Page + ">>",
            Files.PdfStream("BT /F1 12 Tf 50 700 Td (Text) Tj ET"),
            Font,
            "<</Kids[6 0 R]>>");

        Assert.Equal("Text", Files.Read("a.pdf", file).Text);
    }

    private static byte[] Whole() => Files.PdfOfObjects(
        "<</Type/Catalog/Pages 2 0 R>>",
        "<</Type/Pages/Kids[3 0 R]/Count 1>>",
        Page + ">>",
        Files.PdfStream("BT /F1 12 Tf 50 700 Td (Text) Tj ET"),
        Font);
}
