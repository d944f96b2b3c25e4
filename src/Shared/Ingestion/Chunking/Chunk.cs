namespace Freehold.Ingestion.Chunking;

/// <summary>A passage of a document.</summary>
/// <param name="Ordinal">Position among the document's chunks, from 0.</param>
/// <param name="Heading">Path of the headings above it, joined by " > ", or empty.</param>
/// <param name="Page">Page that it starts on, from 1, or null where the format has no pages.</param>
/// <param name="Start">First UTF-16 code unit in the extracted text.</param>
/// <param name="End">Code unit after the last.</param>
/// <param name="Content">The extracted text from <paramref name="Start"/> to <paramref name="End"/>.</param>
/// <param name="Words">Number of words: its length for BM25.</param>
/// <param name="Tokens">Tokens of what is embedded: its headings and its content.</param>
/// <param name="ContentHash">First 16 bytes of the SHA-256 of what is embedded: the same text has the same vector.</param>
public sealed record Chunk(
    int Ordinal, string Heading, int? Page, int Start, int End, string Content, int Words, int Tokens, Guid ContentHash);
