namespace Freehold.Ingestion.Readers;

/// <summary>
/// Reads one file format. Refuses what it cannot read with <see cref="UnreadableDocumentException"/>, whose message is
/// shown to the document's owner; never keeps or logs content.
/// </summary>
internal interface IDocumentReader
{
    /// <summary>Media type this reader reads, e.g. <c>text/markdown</c>.</summary>
    string MediaType { get; }

    /// <summary>Other media types of the same format.</summary>
    IReadOnlyList<string> OtherMediaTypes => [];

    /// <summary>File name endings this reader reads, with the dot, lower case.</summary>
    IReadOnlyList<string> Extensions { get; }

    /// <summary>What its files are called in a sentence, e.g. <c>PDF</c>.</summary>
    string Name { get; }

    /// <summary>Tells from the first bytes of a file why it is not of this format (the end of a sentence), or null if it may be.</summary>
    string? WhyNot(ReadOnlySpan<byte> head);

    /// <summary>Extracts text and structure. Any other exception than a refusal or a cancellation means damaged content.</summary>
    ExtractedDocument Read(ReadOnlyMemory<byte> content, CancellationToken cancellationToken);
}
