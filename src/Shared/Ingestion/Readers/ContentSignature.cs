using System.Text;

namespace Freehold.Ingestion.Readers;

/// <summary>What a file's bytes show beyond doubt, whatever its name says: a type that is read, or why it is not.</summary>
/// <param name="MediaType">Media type of a format that is read, or null.</param>
/// <param name="Refusal">Why the file cannot be read, the end of a sentence, or null.</param>
internal readonly record struct ContentSignature(string? MediaType, string? Refusal)
{
    private const string Word = "application/vnd.openxmlformats-officedocument.wordprocessingml.document";
    private const string Excel = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";
    private const string PowerPoint = "application/vnd.openxmlformats-officedocument.presentationml.presentation";
    private const string Archive = "it is an archive. Send the files in it one by one.";
    private const string Image = "it is an image, and text in images is not read.";
    private const string Media = "it holds pictures, sound or video, which are not read.";
    private const string Program = "it is a program.";

    // Length of a local file header (APPNOTE.TXT, 4.3.7).
    private const int NameOffset = 30;

    private static readonly (byte[] Start, string Reason)[] Refusals =
    [
        ("{\\rtf"u8.ToArray(), "it is in Rich Text Format. Save it as .docx."),
        ([0x89, 0x50, 0x4E, 0x47], Image),
        ([0xFF, 0xD8, 0xFF], Image),
        ("GIF8"u8.ToArray(), Image),
        ([0x49, 0x49, 0x2A, 0x00], Image),
        ([0x4D, 0x4D, 0x00, 0x2A], Image),
        ([0x1F, 0x8B], Archive),
        ("Rar!\u001A\u0007"u8.ToArray(), Archive),
        ([0x37, 0x7A, 0xBC, 0xAF, 0x27, 0x1C], Archive),
        ([0x28, 0xB5, 0x2F, 0xFD], Archive),
        ([0xFD, 0x37, 0x7A, 0x58, 0x5A, 0x00], Archive),
        ("OggS\0"u8.ToArray(), Media),
        ("ID3\u0003"u8.ToArray(), Media),
        ("ID3\u0004"u8.ToArray(), Media),
        ([0x7F, 0x45, 0x4C, 0x46], Program),
        ("SQLite format 3\0"u8.ToArray(), "it is a database."),
    ];

    // Names of streams in a compound file, the container of old formats and of encrypted new ones ([MS-CFB]).
    private static readonly (byte[] Name, string Reason)[] CompoundFiles =
    [
        (Encoding.Unicode.GetBytes("EncryptedPackage"), "it is protected by a password."),
        (Encoding.Unicode.GetBytes("WordDocument"), "it is saved in the old .doc format. Save it as .docx."),
        (Encoding.Unicode.GetBytes("Workbook"), "it is saved in the old .xls format. Save it as .xlsx."),
        (Encoding.Unicode.GetBytes("PowerPoint Document"), "it is saved in the old .ppt format. Save it as .pptx."),
        (Encoding.Unicode.GetBytes("__nameid_version"), "it is a message in the .msg format. Save it as .eml."),
    ];

    /// <summary>Looks at a file, or at its first bytes.</summary>
    public static ContentSignature Of(ReadOnlySpan<byte> content)
    {
        if (content.StartsWith("%PDF-"u8))
        {
            return new("application/pdf", null);
        }

        if (content.StartsWith("PK\u0003\u0004"u8))
        {
            return OfPackage(content[..Math.Min(content.Length, DocumentReaders.HeadBytes)]);
        }

        if (content.StartsWith((ReadOnlySpan<byte>)[0xD0, 0xCF, 0x11, 0xE0, 0xA1, 0xB1, 0x1A, 0xE1]))
        {
            return new(null, CompoundFile(content));
        }

        foreach (var (start, reason) in Refusals)
        {
            if (content.StartsWith(start))
            {
                return new(null, reason);
            }
        }

        var isContainer = content is [_, _, _, _, (byte)'f', (byte)'t', (byte)'y', (byte)'p', ..] or [(byte)'R', (byte)'I', (byte)'F', (byte)'F', ..];
        return isContainer && content.Contains((byte)0) ? new(null, Media) : default;
    }

    /// <summary>What a package is by the content type of its main part.</summary>
    public static ContentSignature OfMainType(string? type) => type?.ToLowerInvariant() switch
    {
        null => default,
        var word when word.Contains("wordprocessingml", StringComparison.Ordinal) || word.Contains("ms-word", StringComparison.Ordinal) => new(Word, null),
        var binary when binary.Contains("sheet.binary", StringComparison.Ordinal) => new(null, "it is saved in the .xlsb format. Save it as .xlsx."),
        var excel when excel.Contains("spreadsheetml", StringComparison.Ordinal) || excel.Contains("ms-excel", StringComparison.Ordinal) => new(Excel, null),
        var slides when slides.Contains("presentationml", StringComparison.Ordinal) || slides.Contains("ms-powerpoint", StringComparison.Ordinal) =>
            new(PowerPoint, null),
        _ => default,
    };

    // The names of the first entries often say it; the whole file always does.
    private static ContentSignature OfPackage(ReadOnlySpan<byte> head)
    {
        if (head.IndexOf("mimetypeapplication/vnd.oasis.opendocument"u8) > 0)
        {
            return new(null, "it is an OpenDocument file. Save it as .docx, .xlsx or .pptx.");
        }

        if (head.IndexOf("mimetypeapplication/epub"u8) > 0)
        {
            return new(null, "it is an e-book. Save it as .html or .pdf.");
        }

        for (var rest = head; rest.IndexOf("PK\u0003\u0004"u8) is var at and >= 0 && rest.Length - at > NameOffset;)
        {
            rest = rest[(at + NameOffset)..];
            var type = rest.StartsWith("word/"u8) ? Word : rest.StartsWith("xl/"u8) ? Excel : rest.StartsWith("ppt/"u8) ? PowerPoint : null;
            if (type is not null)
            {
                return new(type, null);
            }
        }

        return default;
    }

    private static string CompoundFile(ReadOnlySpan<byte> content)
    {
        foreach (var (name, reason) in CompoundFiles)
        {
            if (content.IndexOf(name) >= 0)
            {
                return reason;
            }
        }

        return "it is protected by a password or in an old format of Office. Save it as .docx, .xlsx or .pptx, without a password.";
    }
}
