using System.Text;
using Freehold.Ingestion;
using Freehold.Ingestion.Readers;

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

    [Theory]
    [InlineData("windows-1251", "Договор вступает в силу с момента подписания обеими сторонами.")]
    [InlineData("koi8-r", "Договор вступает в силу с момента подписания обеими сторонами.")]
    [InlineData("shift_jis", "契約は署名の日から効力を生じます。")]
    [InlineData("euc-jp", "契約は署名の日から効力を生じます。")]
    [InlineData("gb18030", "合同自签署之日起生效。年假为二十七天。")]
    [InlineData("big5", "合同自簽署之日起生效。年假為二十七天。")]
    [InlineData("euc-kr", "계약은 서명일로부터 효력이 발생합니다.")]
    [InlineData("windows-1253", "Η σύμβαση αρχίζει να ισχύει από την ημερομηνία υπογραφής.")]
    [InlineData("windows-1250", "Příliš žluťoučký kůň úpěl ďábelské ódy. Každý zaměstnanec má dvacet sedm dní dovolené.")]
    [InlineData("windows-1252", "Größe, naïve, città, ¡Hola!, «Bonjour», 20 °C ± 5 % für 3 €")]
    [InlineData("windows-1252", "Hobson (1858–1940), Joseph Schumpeter (1883–1950), Thorstein Veblen (1857–1929) and Norman Angell (1872–1967)")]
    public void Text_without_a_mark_is_in_the_encoding_that_its_bytes_are_like(string name, string text)
    {
        var bytes = TextDecoder.Find(name)!.GetBytes(text);

        Assert.Equal(text, Files.Read("a.txt", bytes).Text);
        Assert.Equal(text, Streamed(bytes));
    }

    [Fact]
    public void Bytes_that_are_wrong_leave_a_text_in_utf8_what_it_is()
    {
        byte[] bytes = [.. "ההסכם נכנס לתוקף ביום החתימה. "u8, 0xFC, .. " לכל עובד עשרים ושבעה ימי חופשה."u8];

        Assert.Equal("ההסכם נכנס לתוקף ביום החתימה. ü לכל עובד עשרים ושבעה ימי חופשה.", Streamed(bytes));
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

    private static string Streamed(byte[] content)
    {
        using var source = new SourceStream(new MemoryStream(content), content.Length, TimeProvider.System);
        return string.Concat(new PlainTextReader(new IngestionOptions()).Read(source, CancellationToken.None).Select(part => part.Text));
    }
}
