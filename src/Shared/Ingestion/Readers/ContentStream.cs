using System.Runtime.InteropServices;

namespace Freehold.Ingestion.Readers;

/// <summary>A file's content as a stream.</summary>
internal static class ContentStream
{
    /// <summary>Opens the content without copying it.</summary>
    public static MemoryStream AsStream(this ReadOnlyMemory<byte> content) => MemoryMarshal.TryGetArray(content, out ArraySegment<byte> bytes)
        ? new MemoryStream(bytes.Array!, bytes.Offset, bytes.Count, writable: false)
        : new MemoryStream(content.ToArray(), writable: false);
}
