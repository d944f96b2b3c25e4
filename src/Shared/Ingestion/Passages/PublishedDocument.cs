namespace Freehold.Ingestion;

/// <summary>What the manifest shows of a published document.</summary>
/// <param name="Title">Title found in it.</param>
/// <param name="MediaType">What it was read as.</param>
/// <param name="Chunks">Its chunks.</param>
/// <param name="Tokens">Tokens of its chunks.</param>
/// <param name="Metadata">A JSON object.</param>
internal sealed record PublishedDocument(string? Title, string MediaType, int Chunks, long Tokens, string Metadata);

/// <summary>A version of a document, as far as it is known before its text is.</summary>
/// <param name="ETag">The blob's.</param>
/// <param name="Bytes">The blob's.</param>
/// <param name="ContentHash">See <see cref="VersionHash"/>.</param>
/// <param name="Title">Title found in it.</param>
/// <param name="MediaType">What it was read as.</param>
/// <param name="Metadata">A JSON object.</param>
internal sealed record DocumentHead(string ETag, long Bytes, byte[] ContentHash, string? Title, string MediaType, string Metadata);

/// <summary>What a document has come to while its slices were written.</summary>
internal readonly record struct DocumentTotals(int Chunks, long Words, long Tokens)
{
    public DocumentTotals With(DocumentSlice slice) => new(
        Chunks + slice.Chunks.Count, Words + slice.Chunks.Sum(chunk => (long)chunk.Words), Tokens + slice.Chunks.Sum(chunk => (long)chunk.Tokens));
}
