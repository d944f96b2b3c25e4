namespace Freehold.Tests.Ingestion.Readers;

/// <summary>Headers, footers and page numbers of PDFs.</summary>
public sealed class PdfFurnitureTests
{
    [Fact]
    public void Headers_footers_and_page_numbers_are_left_out()
    {
        var document = Files.Read("a.pdf", Files.Pdf([.. Enumerable.Range(1, 6).Select(page => new[]
        {
            ("ACME Annual Report 2024", 8d, 50d, 820d),
            ($"Text of page {page} goes here.", 10, 50, 700),
            ($"Page {page} of 6", 8, 280, 20),
        })]));

        Assert.Equal(Enumerable.Range(1, 6).Select(page => $"Paragraph: Text of page {page} goes here."), document.Outline());
        Assert.Equal([1, 2, 3, 4, 5, 6], document.Blocks.Select(block => block.Page!.Value));
    }

    [Fact]
    public void Headers_of_even_and_odd_pages_may_differ()
    {
        var document = Files.Read("a.pdf", Files.Pdf([.. Enumerable.Range(1, 8).Select(page => new[]
        {
            (page % 2 == 0 ? "The Author" : "The Book", 8d, 50d, 820d),
            ($"Text {(char)('a' + page)} of the book.", 10, 50, 700),
        })]));

        Assert.DoesNotContain("The ", document.Text, StringComparison.Ordinal);
    }

    [Fact]
    public void Page_number_goes_and_the_section_beside_it_stays()
    {
        var document = Files.Read("a.pdf", Files.Pdf([.. Enumerable.Range(1, 4).Select(page => new[]
        {
            ($"Text {(char)('a' + page)} of the book.", 10d, 50d, 700d),
            ($"Section {(char)('A' + page)}", 8, 50, 20),
            ($"{page + 10}", 8, 500, 20),
        })]));

        Assert.Contains("Paragraph: Section B", document.Outline());
        Assert.DoesNotContain("11", document.Text, StringComparison.Ordinal);
    }

    [Fact]
    public void Numbers_of_a_table_are_no_page_numbers()
    {
        string[] amounts = ["17", "90", "44", "3"];

        var document = Files.Read("a.pdf", Files.Pdf([.. amounts.Select(amount => new[]
        {
            ($"Total {amount}", 10d, 50d, 30d), (amount + ".50", 10, 300, 700), ("Words in between.", 10, 50, 500),
        })]));

        Assert.All(amounts, amount => Assert.Contains($"Total {amount}", document.Text, StringComparison.Ordinal));
        Assert.All(amounts, amount => Assert.Contains($"{amount}.50", document.Text, StringComparison.Ordinal));
    }

    [Fact]
    public void What_repeats_is_kept_on_two_pages_in_the_middle_and_where_there_is_nothing_else()
    {
        static (string, double, double, double)[] Lines(params string[] texts) => [.. texts.Select((text, i) => (text, 10d, 50d, 800d - (i * 30)))];

        Assert.Contains("Again", Files.Read("a.pdf", Files.Pdf([.. Enumerable.Repeat(Lines("Again"), 2)])).Text, StringComparison.Ordinal);
        Assert.Contains("Again", Files.Read("a.pdf", Files.Pdf([.. Enumerable.Repeat(Lines("Again"), 5)])).Text, StringComparison.Ordinal);

        var middle = Enumerable.Range(0, 4).Select(page => Lines(
            [.. Enumerable.Range(0, 9).Select(i => i == 4 ? "Again" : $"Line {(char)('a' + i)} of page {(char)('k' + page)}")]));
        Assert.Equal(4, Files.Read("a.pdf", Files.Pdf([.. middle])).Text.Split("Again").Length - 1);
    }
}
