using System.IO.Compression;
using System.Text;
using DocumentFormat.OpenXml;
using DocumentFormat.OpenXml.Packaging;
using DocumentFormat.OpenXml.Wordprocessing;
using Freehold.Ingestion;
using Freehold.Ingestion.Readers;
using Microsoft.Extensions.Options;
using UglyToad.PdfPig.Core;
using UglyToad.PdfPig.Fonts.Standard14Fonts;
using UglyToad.PdfPig.Writer;

namespace Freehold.Tests.Ingestion.Readers;

/// <summary>Makes small files of each format, and reads them.</summary>
internal static class Files
{
    public static readonly DocumentReaders Readers = new(Options.Create(new IngestionOptions()));

    public static ExtractedDocument Read(string name, string content) => Read(name, Encoding.UTF8.GetBytes(content));

    public static ExtractedDocument Read(string name, byte[] content, IngestionOptions? options = null)
    {
        var readers = options is null ? Readers : new DocumentReaders(Options.Create(options));
        return readers.Read(name, null, content, CancellationToken.None);
    }

    public static string Refusal(string name, byte[] content, IngestionOptions? options = null) =>
        Assert.Throws<UnreadableDocumentException>(() => Read(name, content, options)).Message;

    /// <summary>The blocks as lines like <c>Heading1: text</c>, which makes a test easy to read.</summary>
    public static string[] Outline(this ExtractedDocument document) =>
        [.. document.Blocks.Select(block => $"{block.Kind}{(block.Level > 0 ? block.Level : "")}: {document.Text[block.Start..block.End]}")];

    public static byte[] Docx(params OpenXmlElement[] body) => Docx(_ => { }, body);

    public static byte[] Docx(Action<WordprocessingDocument> change, params OpenXmlElement[] body)
    {
        using var stream = new MemoryStream();
        using (var document = WordprocessingDocument.Create(stream, WordprocessingDocumentType.Document))
        {
            document.AddMainDocumentPart().Document = new Document(new Body(body));
            change(document);
        }

        return stream.ToArray();
    }

    public static Paragraph Paragraph(string text, string? style = null) => style is null
        ? new Paragraph(new Run(new Text(text)))
        : new Paragraph(new ParagraphProperties(new ParagraphStyleId { Val = style }), new Run(new Text(text)));

    /// <summary>A package with no more than a body, given as XML.</summary>
    public static byte[] DocxOfXml(string body)
    {
        using var stream = new MemoryStream();
        using (var zip = new ZipArchive(stream, ZipArchiveMode.Create, leaveOpen: true))
        {
            Write(zip, "[Content_Types].xml", """
                <Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">
                <Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>
                <Override PartName="/word/document.xml" ContentType="application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"/></Types>
                """);
            Write(zip, "_rels/.rels", """
                <Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">
                <Relationship Id="r1" Target="word/document.xml" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument"/></Relationships>
                """);
            Write(zip, "word/document.xml", $"""
                <w:document xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"><w:body>{body}</w:body></w:document>
                """);
        }

        return stream.ToArray();
    }

    public static byte[] Zip(string name, string content)
    {
        using var stream = new MemoryStream();
        using (var zip = new ZipArchive(stream, ZipArchiveMode.Create, leaveOpen: true))
        {
            Write(zip, name, content);
        }

        return stream.ToArray();
    }

    /// <summary>A PDF with a page for each list of lines: text, font size, and where the line begins.</summary>
    public static byte[] Pdf(params (string Text, double Size, double X, double Y)[][] pages)
    {
        var builder = new PdfDocumentBuilder();
        var font = builder.AddStandard14Font(Standard14Font.Helvetica);
        foreach (var lines in pages)
        {
            var page = builder.AddPage(595, 842);
            foreach (var (text, size, x, y) in lines)
            {
                page.AddText(text, size, new PdfPoint(x, y), font);
            }
        }

        return builder.Build();
    }

    /// <summary>A PDF of objects as they are written into the file, from number 1, which is the catalog.</summary>
    public static byte[] PdfOfObjects(params string[] objects) => PdfOfObjects("", objects);

    public static byte[] PdfOfObjects(string trailer, string[] objects)
    {
        var file = new StringBuilder("%PDF-1.7\n");
        var table = new StringBuilder($"xref\n0 {objects.Length + 1}\n0000000000 65535 f \n");
        for (var i = 0; i < objects.Length; i++)
        {
            table.Append($"{file.Length:D10} 00000 n \n");
            file.Append($"{i + 1} 0 obj\n{objects[i]}\nendobj\n");
        }

        var start = file.Length;
        file.Append(table).Append($"trailer\n<</Size {objects.Length + 1}/Root 1 0 R{trailer}>>\nstartxref\n{start}\n%%EOF");
        return Encoding.Latin1.GetBytes(file.ToString());
    }

    public static string PdfStream(string content, string dictionary = "") =>
        $"<<{dictionary}/Length {content.Length}>>stream\n{content}\nendstream";

    public static string Repeat(string text, int count) => string.Concat(Enumerable.Repeat(text, count));

    private static void Write(ZipArchive zip, string name, string content)
    {
        using var writer = new StreamWriter(zip.CreateEntry(name).Open());
        writer.Write(content);
    }
}
