using System.Runtime.InteropServices;

namespace Freehold.Ingestion.Readers;

/// <summary>
/// A PDF as a stream that ends with the cancellation: an object that is never closed has the parser read to the end of the file, and there
/// may be such an object in every line.
/// </summary>
internal sealed class PdfBytes : MemoryStream
{
    private const int BytesBetweenLooks = 1 << 16;

    private readonly CancellationToken _cancellationToken;
    private int _read;

    private PdfBytes(ArraySegment<byte> content, CancellationToken cancellationToken)
        : base(content.Array!, content.Offset, content.Count, writable: false) => _cancellationToken = cancellationToken;

    public static PdfBytes Of(ReadOnlyMemory<byte> content, CancellationToken cancellationToken) =>
        new(MemoryMarshal.TryGetArray(content, out var bytes) ? bytes : new ArraySegment<byte>(content.ToArray()), cancellationToken);

    public override int ReadByte()
    {
        if (++_read % BytesBetweenLooks == 0)
        {
            _cancellationToken.ThrowIfCancellationRequested();
        }

        return base.ReadByte();
    }
}
