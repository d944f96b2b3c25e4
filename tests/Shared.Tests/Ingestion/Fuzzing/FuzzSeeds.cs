using System.IO.Compression;
using System.Text;
using DocumentFormat.OpenXml.Wordprocessing;
using Freehold.Tests.Ingestion.Readers;

namespace Freehold.Tests.Ingestion.Fuzzing;

/// <summary>A well-formed file that others are made of.</summary>
internal sealed record FuzzSeed(string Name, byte[] Content)
{
    public string Extension { get; } = Path.GetExtension(Name).ToLowerInvariant();
}

/// <summary>Files of every format, by format and from small to large: made here, the demo's handbooks, and real ones where there are any.</summary>
internal static class FuzzSeeds
{
    private const int LargestBytes = 1 << 20;

    private static readonly string[] Formats =
        [".txt", ".md", ".html", ".pdf", ".docx", ".pptx", ".xlsx", ".csv", ".json", ".jsonl", ".eml"];

    public static IReadOnlyList<IReadOnlyList<FuzzSeed>> ByFormat { get; } =
    [
        .. Made().Concat(Found()).Where(seed => Formats.Contains(seed.Extension))
            .GroupBy(seed => seed.Extension)
            .OrderBy(format => format.Key, StringComparer.Ordinal)
            .Select(format => format.OrderBy(seed => seed.Content.Length).ThenBy(seed => seed.Name, StringComparer.Ordinal).ToList()),
    ];

    private static IEnumerable<FuzzSeed> Found() =>
        from folder in (string?[])[Handbooks(), SharedDocumentsFactAttribute.Folder]
        where folder is not null
        from path in Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories)
        where new FileInfo(path).Length <= LargestBytes
        select new FuzzSeed(Path.GetFileName(path), File.ReadAllBytes(path));

    private static string? Handbooks()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, "Serverless.sln")))
            {
                return Path.Combine(folder.FullName, "demo", "handbooks") is var handbooks && Directory.Exists(handbooks) ? handbooks : null;
            }
        }

        return null;
    }

    private static IEnumerable<FuzzSeed> Made() =>
    [
        Text("a.txt", "First paragraph. It has two sentences!\n\nSecond: 日本語。中国語！ e\u0301 👩‍👩‍👧 שלום\r\nline\n\n\tcode { }\n"),
        new("b.txt", [0xFF, 0xFE, .. Encoding.Unicode.GetBytes("In UTF-16.\r\n\r\nТекст 😀 text.")]),
        new("c.txt", [.. "Caf"u8, 0xE9, .. " in Windows-1252\n\nnext"u8]),
        Text("a.md", "---\ntitle: \"A \\u0041\"\ntags: [a, 'b', 3]\ndraft: true\n---\n# Title\n\ntext *em* **b** [link](http://x) `code` $x^2$ ~~s~~\n\n- [x] item\n  1. one\n     > quote[^1]\n\n| a | b |\n|---|---|\n| 1 | 2 |\n\n```cs\nvar x = 1;\n```\n\n<div><b>html</b> <table><tr><td>1</td><td>2</td></tr></table></div>\n\n[^1]: Note.\n"),
        Text("a.html", "<!doctype html><html><head><meta charset=utf-8><title>T</title><script>x</script></head><body><nav>n</nav><main><h1>H</h1><p>a <b>b</b> &amp; c<br>d</p><ol start=3><li>x<ul><li>y</li></ul></li></ol><table><tr><th rowspan=2 colspan=3>a</th><td>b</td></tr><tr><td>c</td></tr></table><pre> code\n x</pre><math><mi>x</mi></math><svg><text>s</text></svg><form><select><option>o</select><p>f</p></form></main><footer>f</footer></body></html>"),
        new("a.pdf", Files.Pdf([("Heading", 20, 50, 800), ("Text on a line that goes on.", 10, 50, 700), ("left", 10, 50, 680), ("right", 10, 300, 680)], [("Page 2", 10, 50, 20)])),
        new("b.pdf", Files.PdfOfObjects(
            "<</Type/Catalog/Pages 2 0 R/AcroForm<</Fields[6 0 R]>>>>", "<</Type/Pages/Kids[3 0 R]/Count 1>>",
            "<</Type/Page/Parent 2 0 R/MediaBox[0 0 600 800]/Contents[4 0 R]/Annots[6 0 R]/Resources<</Font<</F 5 0 R>>/XObject<</X 7 0 R>>>>>>",
            Files.PdfStream("q 1 0 0 1 10 10 cm BT /F 12 Tf 14 TL 50 700 Td (Text) Tj T* [(A) -500 (B)] TJ ET /X Do Q"),
            "<</Type/Font/Subtype/Type1/BaseFont/Helvetica/Encoding<</Type/Encoding/Differences[65/B/C]>>>>",
            "<</Type/Annot/Subtype/Widget/FT/Tx/V(value)/TU(label)/Parent 8 0 R>>",
            Files.PdfStream("BT /F 10 Tf 50 600 Td (Form) Tj ET", "/Type/XObject/Subtype/Form/BBox[0 0 600 800]/Resources<</Font<</F 5 0 R>>>>"),
            "<</FT/Tx/T(name)>>")),
        new("c.pdf", PdfOfObjectStream()),
        new("a.docx", Files.Docx(
            Files.Paragraph("Title", "Heading1"), Files.Paragraph("Text."),
            new Table(new TableRow(Cell("a"), Cell("b")), new TableRow(Cell("1"), Cell("2"))), Files.Paragraph("End", "ListParagraph"))),
        new("b.docx", Files.DocxOfXml(
            "<w:p><w:pPr><w:numPr><w:numId w:val=\"1\"/></w:numPr><w:outlineLvl w:val=\"2\"/></w:pPr><w:r><w:t>text</w:t><w:footnoteReference w:id=\"2\"/><w:txbxContent><w:p><w:r><w:t>box</w:t></w:r></w:p></w:txbxContent></w:r></w:p>"
            + "<w:tbl><w:tr><w:tc><w:tcPr><w:gridSpan w:val=\"2\"/><w:vMerge/></w:tcPr><w:p/></w:tc><w:tc><w:p><w:r><w:t>c</w:t></w:r></w:p></w:tc></w:tr></w:tbl>"
            + "<w:p><m:oMath xmlns:m=\"m\"><m:f><m:num><m:r><m:t>a</m:t></m:r></m:num><m:den><m:r><m:t>b+c</m:t></m:r></m:den></m:f><m:d><m:dPr><m:begChr m:val=\"[\"/></m:dPr><m:e/></m:d><m:rad/><m:nary><m:naryPr><m:chr m:val=\"∑\"/></m:naryPr></m:nary></m:oMath></w:p>")),
        new("a.pptx", OfficeFiles.Pptx(
            [OfficeFiles.Shape("Title", "title") + OfficeFiles.Shape("one\ntwo", "body") + "<p:graphicFrame><c:chart r:id=\"r1\"/><a:tbl><a:tr><a:tc><a:txBody><a:p><a:r><a:t>x</a:t></a:r></a:p></a:txBody></a:tc></a:tr></a:tbl></p:graphicFrame>", OfficeFiles.Shape("last")],
            OfficeFiles.Chart("<c:title><a:t>Chart</a:t></c:title><c:ser><c:tx><c:v>S</c:v></c:tx><c:cat><c:pt idx=\"0\"><c:v>A</c:v></c:pt></c:cat><c:val><c:formatCode>0%</c:formatCode><c:pt idx=\"0\"><c:v>0.5</c:v></c:pt></c:val></c:ser>"))),
        new("b.pptx", OfficeFiles.Pptx([OfficeFiles.Shape("Slide", "title")], OfficeFiles.Notes("Say this"))),
        new("a.xlsx", OfficeFiles.Xlsx(
            [("One", OfficeFiles.Row("name", "when") + "<row><c r=\"A2\" t=\"s\"><v>0</v></c><c r=\"B2\" s=\"1\"><v>45000.5</v></c><c r=\"D2\" t=\"b\"><v>1</v></c></row>"), ("Two", OfficeFiles.Row("x"))],
            strings: "<si><r><t>shared</t></r></si>",
            styles: "<numFmts><numFmt numFmtId=\"170\" formatCode=\"yyyy-mm-dd hh:mm\"/></numFmts><cellXfs><xf numFmtId=\"0\"/><xf numFmtId=\"170\"/></cellXfs>")),
        Text("a.csv", "name;amount;note\r\nAnna;1,5;\"a \"\"quoted\"\"\nline\"\r\nBob;2;\r\n"),
        Text("b.csv", "sep=|\na|b\n1|2\n"),
        Text("a.json", """{"title":"T","list":[{"name":"a","x":[1,2.5e3,true,null]},{"name":"b\u0000\ud800","y":{"z":"\n"}}],"o":{"p":"q"}}"""),
        Text("a.jsonl", "{\"title\":\"A\",\"n\":1}\n{\"name\":\"B\",\"deep\":{\"x\":[1,[2]]}}\n\n[1,2]\n\"text\"\n"),
        Text("a.eml", "From: =?utf-8?q?Andr=C3=A9?= <a@b>\r\nTo: c@d\r\nDate: Mon, 1 Jan 2024 10:00:00 +0100\r\nSubject: Hello\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=\"xx\"\r\n\r\n--xx\r\nContent-Type: multipart/alternative; boundary=yy\r\n\r\n--yy\r\nContent-Type: text/plain; charset=iso-8859-1\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\nText =E9=\r\n on\r\n--yy\r\nContent-Type: text/html\r\n\r\n<p>Html</p>\r\n--yy--\r\n--xx\r\nContent-Type: text/csv; name=a.csv\r\nContent-Disposition: attachment\r\nContent-Transfer-Encoding: base64\r\n\r\nYSxiCjEsMgo=\r\n--xx\r\nContent-Type: message/rfc822\r\n\r\nFrom: e@f\r\nSubject: Inner\r\n\r\nbody\r\n--xx--\r\n"),
    ];

    private static FuzzSeed Text(string name, string content) => new(name, Encoding.UTF8.GetBytes(content));

    private static TableCell Cell(string text) => new(Files.Paragraph(text));

    // Its pages are packed into an object stream, which a cross-reference stream points into.
    private static byte[] PdfOfObjectStream()
    {
        string[] objects =
        [
            "<</Type/Catalog/Pages 2 0 R>>", "<</Type/Pages/Kids[3 0 R]/Count 1>>",
            "<</Type/Page/Parent 2 0 R/MediaBox[0 0 600 800]/Contents 7 0 R/Resources<</Font<</F 4 0 R>>>>>>",
            "<</Type/Font/Subtype/Type1/BaseFont/Courier>>",
        ];
        var index = new StringBuilder();
        var at = 0;
        for (var i = 0; i < objects.Length; i++)
        {
            index.Append($"{i + 1} {at} ");
            at += objects[i].Length + 1;
        }

        var file = new StringBuilder("%PDF-1.5\n");
        var packed = file.Length;
        file.Append("6 0 obj\n").Append(Packed(index + string.Join('\n', objects), $"/Type/ObjStm/N {objects.Length}/First {index.Length}")).Append("\nendobj\n");
        var page = file.Length;
        file.Append("7 0 obj\n").Append(Packed("BT /F 12 Tf 50 700 Td (Packed text) Tj ET", "")).Append("\nendobj\n");
        var table = file.Length;
        byte[] entries =
        [
            0, 0, 0, 0, .. Enumerable.Range(0, 4).SelectMany(i => new byte[] { 2, 0, 6, (byte)i }), 0, 0, 0, 0,
            1, (byte)(packed >> 8), (byte)packed, 0, 1, (byte)(page >> 8), (byte)page, 0, 1, (byte)(table >> 8), (byte)table, 0,
        ];
        file.Append("8 0 obj\n").Append(Packed(Encoding.Latin1.GetString(entries), "/Type/XRef/Size 9/W[1 2 1]/Root 1 0 R")).Append($"\nendobj\nstartxref\n{table}\n%%EOF");
        return Encoding.Latin1.GetBytes(file.ToString());
    }

    private static string Packed(string content, string dictionary)
    {
        using var packed = new MemoryStream();
        using (var zlib = new ZLibStream(packed, CompressionLevel.Optimal, leaveOpen: true))
        {
            zlib.Write(Encoding.Latin1.GetBytes(content));
        }

        return Files.PdfStream(Encoding.Latin1.GetString(packed.ToArray()), dictionary + "/Filter/FlateDecode");
    }
}
