using System.Text.Json;

namespace Freehold.Ingestion.Readers;

/// <summary>Text of a document, or of a part of one, with its structure.</summary>
/// <param name="Title">Title found in the document (first heading, HTML title, document property), or null.</param>
/// <param name="Text">
/// The extracted text: blocks are separated by blank lines, items of a list by a line end, which is always <c>\n</c>.
/// Never contains U+0000 or lone surrogates.
/// </param>
/// <param name="Blocks">Blocks in reading order, ranges ascending and not overlapping.</param>
/// <param name="Metadata">What the document says of itself (front matter, properties), or null. Values are JSON.</param>
public sealed record ExtractedDocument(
    string? Title, string Text, IReadOnlyList<TextBlock> Blocks, IReadOnlyDictionary<string, JsonElement>? Metadata = null);

/// <summary>One block of an extracted document: <c>Text[Start..End]</c>, in UTF-16 code units, end exclusive.</summary>
/// <param name="Start">First code unit.</param>
/// <param name="End">Code unit after the last.</param>
/// <param name="Kind">What the block is.</param>
/// <param name="Level">1 to 6 for a heading, else 0.</param>
/// <param name="Page">Page number from 1 where the format has pages, else null.</param>
public readonly record struct TextBlock(int Start, int End, BlockKind Kind, int Level = 0, int? Page = null);

/// <summary>What a block of text is.</summary>
public enum BlockKind
{
    /// <summary>Running text.</summary>
    Paragraph,

    /// <summary>A heading; it names what follows and is part of the text.</summary>
    Heading,

    /// <summary>One item of a list.</summary>
    ListItem,

    /// <summary>A table, a row a line, cells separated by " | ".</summary>
    Table,

    /// <summary>Preformatted text.</summary>
    Code,
}
