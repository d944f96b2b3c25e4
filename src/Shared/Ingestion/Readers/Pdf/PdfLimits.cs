using System.IO.Compression;
using System.Runtime.InteropServices;
using UglyToad.PdfPig.Filters;
using UglyToad.PdfPig.Tokens;

namespace Freehold.Ingestion.Readers;

/// <summary>
/// Bounds what a PDF can make the parser do: how much it unpacks, and how often it draws a form within a form. The
/// parser takes it for the provider of its filters, and hands it to whatever reads a page.
/// </summary>
internal sealed class PdfLimits : BaseFilterProvider
{
    /// <summary>How deep forms may be drawn within forms.</summary>
    public const int MaxFormDepth = 24;

    // Only malice draws as many on one page.
    private const int MaxForms = 20_000;

    // Some seconds' worth.
    private const int MaxOperations = 200_000_000;

    // A page takes several times its unpacked size in memory.
    private const int PageShare = 4;

    // Unpacked once for every page that uses it, a font or a form counts many times.
    private const int DocumentFactor = 16;

    private readonly IngestionOptions _options;
    private readonly CancellationToken _cancellationToken;
    private long _document;
    private long _page;
    private long _operations;
    private int _forms;

    public PdfLimits(IngestionOptions options, CancellationToken cancellationToken)
        : base(new Dictionary<string, IFilter>())
    {
        (_options, _cancellationToken) = (options, cancellationToken);
        var filters = (Dictionary<string, IFilter>)FilterInstances;
        Add(new FlateFilter(), 0, NameToken.FlateDecode, NameToken.FlateDecodeAbbreviation);
        Add(new LzwFilter(), 1_400, NameToken.LzwDecode, NameToken.LzwDecodeAbbreviation);
        Add(new RunLengthFilter(), 64, NameToken.RunLengthDecode, NameToken.RunLengthDecodeAbbreviation);
        Add(new Ascii85Filter(), 4, NameToken.Ascii85Decode, NameToken.Ascii85DecodeAbbreviation);
        Add(new AsciiHexDecodeFilter(), 1, NameToken.AsciiHexDecode, NameToken.AsciiHexDecodeAbbreviation);

        void Add(IFilter filter, int factor, params ReadOnlySpan<NameToken> names)
        {
            foreach (var name in names)
            {
                filters.Add(name.Data, new LimitedFilter(filter, factor, this));
            }
        }
    }

    /// <summary>Most bytes that a page may unpack to.</summary>
    public int MaxPageBytes => _options.MaxUnpackedBytes / PageShare;

    /// <summary>Begins a page.</summary>
    public void StartPage() => (_page, _forms) = (0, 0);

    /// <summary>Ends the reading when its time is over.</summary>
    public void ThrowIfCancelled() => _cancellationToken.ThrowIfCancellationRequested();

    /// <summary>Counts a form that is drawn.</summary>
    public void CountForm()
    {
        _cancellationToken.ThrowIfCancellationRequested();
        if (++_forms > MaxForms)
        {
            throw new UnreadableDocumentException("A page of the PDF draws far more than a page can hold.");
        }
    }

    /// <summary>Counts drawing operations of the document.</summary>
    public void CountOperations(int operations)
    {
        _cancellationToken.ThrowIfCancellationRequested();
        _operations += operations;
        if (_operations > MaxOperations)
        {
            throw new UnreadableDocumentException("The PDF draws far more than a document can hold.");
        }
    }

    /// <summary>Counts what a page unpacks to.</summary>
    public void CountBytes(long unpacked)
    {
        _cancellationToken.ThrowIfCancellationRequested();
        _page += unpacked;
        _document += unpacked;
        if (_page > MaxPageBytes || _document > (long)DocumentFactor * _options.MaxUnpackedBytes)
        {
            throw new UnreadableDocumentException("The PDF unpacks to far more than a document can hold.");
        }
    }

    private long FlatedLength(ReadOnlyMemory<byte> input)
    {
        if (input.Length <= 2)
        {
            return 0;
        }

        var bytes = MemoryMarshal.TryGetArray(input[2..], out var array) ? array : new ArraySegment<byte>(input[2..].ToArray());
        using var deflate = new DeflateStream(new MemoryStream(bytes.Array!, bytes.Offset, bytes.Count), CompressionMode.Decompress);
        Span<byte> buffer = stackalloc byte[16 * 1024];
        var length = 0L;
        try
        {
            for (int read; length <= MaxPageBytes && (read = deflate.Read(buffer)) > 0;)
            {
                length += read;
            }
        }
        catch (InvalidDataException)
        {
            // The filter itself decides what to make of it.
        }

        return length;
    }

    private sealed class LimitedFilter(IFilter filter, int factor, PdfLimits limits) : IFilter
    {
        public bool IsSupported => filter.IsSupported;

        public Memory<byte> Decode(Memory<byte> input, DictionaryToken streamDictionary, IFilterProvider filterProvider, int filterIndex)
        {
            // Flate is measured; for the others, rarely met and with short content, the worst case is reckoned.
            limits.CountBytes(factor == 0 ? limits.FlatedLength(input) : (long)factor * input.Length);
            var output = filter.Decode(input, streamDictionary, filterProvider, filterIndex);
            if (streamDictionary.ContainsKey(NameToken.First) && streamDictionary.ContainsKey(NameToken.N))
            {
                // It packs objects.
                PdfNames.Hide(output.Span);
            }

            return PdfFonts.WithoutOutlines(output);
        }
    }
}
