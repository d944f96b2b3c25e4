namespace Freehold.Ingestion.Readers;

/// <summary>A reader whose format can be read in one pass, so that a file of any length takes little memory.</summary>
internal interface IStreamingReader : IDocumentReader
{
    /// <summary>
    /// Reads a file as it comes in. Each part goes on where the one before ended: the document's text is the parts' texts one after
    /// another, blocks lie within their part, and only the first part has a title and metadata.
    /// </summary>
    IEnumerable<ExtractedDocument> Read(SourceStream content, CancellationToken cancellationToken);
}
