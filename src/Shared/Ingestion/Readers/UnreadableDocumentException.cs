namespace Freehold.Ingestion.Readers;

/// <summary>The file can never be read as it is. The message tells its owner why, in a sentence without content of the file.</summary>
public sealed class UnreadableDocumentException(string message, Exception? innerException = null) : Exception(message, innerException);
