using UglyToad.PdfPig.Core;
using UglyToad.PdfPig.Graphics.Operations;
using UglyToad.PdfPig.Logging;
using UglyToad.PdfPig.Parser;

namespace Freehold.Ingestion.Readers;

/// <summary>
/// Parses the content of a page or a form until the time is over: for each operation that it does not know, the parser looks through
/// those before it.
/// </summary>
internal sealed class PdfContentParser(IPageContentParser inner, PdfLimits limits) : IPageContentParser
{
    public IReadOnlyList<IGraphicsStateOperation> Parse(int pageNumber, IInputBytes inputBytes, ILog log) =>
        inner.Parse(pageNumber, new WatchedBytes(inputBytes, limits), log);

    private sealed class WatchedBytes(IInputBytes inner, PdfLimits limits) : IInputBytes
    {
        private const int BytesBetweenLooks = 1 << 10;

        private int _read;

        public long CurrentOffset => inner.CurrentOffset;

        public byte CurrentByte => inner.CurrentByte;

        public long Length => inner.Length;

        public bool MoveNext()
        {
            if (++_read % BytesBetweenLooks == 0)
            {
                limits.ThrowIfCancelled();
            }

            return inner.MoveNext();
        }

        public byte? Peek() => inner.Peek();

        public bool IsAtEnd() => inner.IsAtEnd();

        public void Seek(long position) => inner.Seek(position);

        public int Read(Span<byte> buffer) => inner.Read(buffer);

        public void Dispose() => inner.Dispose();
    }
}
