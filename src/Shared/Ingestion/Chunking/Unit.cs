using Freehold.Ingestion.Readers;

namespace Freehold.Ingestion.Chunking;

/// <summary>What lies before a unit: how good a place it is to cut.</summary>
internal enum Edge
{
    /// <summary>A block ends there.</summary>
    Block,

    /// <summary>An item of a list ends there, and the next one follows.</summary>
    Item,

    /// <summary>A sentence or a line ends there, within a block.</summary>
    Piece,

    /// <summary>Nothing: the unit is the end of the chunk before, repeated, and what follows it belongs to it.</summary>
    Repeated,
}

/// <summary>A range of a document's text that stays whole when chunks are cut: a block, or a sentence or a line of one that is too long.</summary>
/// <param name="Start">First UTF-16 code unit.</param>
/// <param name="End">Code unit after the last.</param>
/// <param name="Kind">What the block is.</param>
/// <param name="Level">1 to 6 for a heading, else 0.</param>
/// <param name="Page">Page of the block.</param>
/// <param name="Path">Headings above it, itself included.</param>
/// <param name="Tokens">Its tokens, those of <paramref name="Gap"/> included.</param>
/// <param name="Edge">What lies before it.</param>
/// <param name="Gap">Tokens of uncommonly long white space before it, within a chunk.</param>
internal readonly record struct Unit(int Start, int End, BlockKind Kind, int Level, int? Page, string Path, int Tokens, Edge Edge, int Gap = 0)
{
    public bool IsHeading => Kind == BlockKind.Heading;

    /// <summary>Whether it loses its sense when it is cut, unlike a text.</summary>
    public bool IsRigid => Kind is BlockKind.Table or BlockKind.Code;
}
