namespace Freehold.Ingestion.Readers;

/// <summary>
/// Reads one file format. Refuses what it cannot read with <see cref="UnreadableDocumentException"/>, whose message is
/// shown to the document's owner; never keeps or logs content.
/// </summary>
internal interface IDocumentReader
{
    /// <summary>Media type this reader reads, e.g. <c>text/markdown</c>.</summary>
    string MediaType { get; }

    /// <summary>File name endings this reader reads, with the dot, lower case.</summary>
    IReadOnlyList<string> Extensions { get; }

    /// <summary>Extracts text and structure. <paramref name="content"/> is seekable and starts at 0.</summary>
    ExtractedDocument Read(Stream content, CancellationToken cancellationToken);
}
