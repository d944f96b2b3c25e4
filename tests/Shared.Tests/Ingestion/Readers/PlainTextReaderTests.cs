using System.Text;
using Freehold.Ingestion;

namespace Freehold.Tests.Ingestion.Readers;

public sealed class PlainTextReaderTests
{
    [Fact]
    public void Blank_lines_separate_paragraphs_and_the_text_stays_as_it_is()
    {
        var document = Files.Read("a.txt", "  One\ntwo  \n \n\n\nThree\n");

        Assert.Equal("  One\ntwo  \n \n\n\nThree\n", document.Text);
        Assert.Equal(["Paragraph:   One\ntwo", "Paragraph: Three"], document.Outline());
        Assert.Null(document.Title);
    }

    [Theory]
    [InlineData("utf-8")]
    [InlineData("utf-16")]
    [InlineData("utf-16BE")]
    [InlineData("utf-32")]
    public void Byte_order_mark_tells_the_encoding(string name)
    {
        var encoding = Encoding.GetEncoding(name);

        var document = Files.Read("a.txt", [.. encoding.GetPreamble(), .. encoding.GetBytes("Füße 漢字 😀")]);

        Assert.Equal("Füße 漢字 😀", document.Text);
    }

    [Fact]
    public void Text_that_is_not_utf8_is_windows_1252()
    {
        Assert.Equal("Füße – €", Files.Read("a.txt", [(byte)'F', 0xFC, 0xDF, (byte)'e', 0x20, 0x96, 0x20, 0x80]).Text);
    }

    [Fact]
    public void Line_ends_and_characters_that_cannot_be_stored_are_replaced()
    {
        var document = Files.Read("a.txt", "a\r\nb\rc\u2028d\0e\u0007f\u00A0g\u00ADh and more text, so that it is text");

        Assert.StartsWith("a\nb\nc\nd\uFFFDe f gh", document.Text, StringComparison.Ordinal);
    }

    [Fact]
    public void Lone_surrogates_are_replaced_and_pairs_are_kept()
    {
        var document = Files.Read("a.txt", [0xFF, 0xFE, 0x3D, 0xD8, 0x41, 0, 0x3D, 0xD8, 0x00, 0xDE, 0x00, 0xDE]);

        Assert.Equal("\uFFFDA😀\uFFFD", document.Text);
    }

    [Fact]
    public void Text_beyond_the_limit_is_refused()
    {
        var refusal = Files.Refusal("a.txt", "01234567890"u8.ToArray(), new IngestionOptions { MaxExtractedCharacters = 10 });

        Assert.Contains("more than 10 characters", refusal, StringComparison.Ordinal);
    }

    [Fact]
    public void White_space_alone_is_no_text()
    {
        Assert.Equal("No text was found in the file.", Files.Refusal("a.txt", " \n\t\n"u8.ToArray()));
    }
}
