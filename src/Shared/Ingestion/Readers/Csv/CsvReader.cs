using Sylvan.Data.Csv;

namespace Freehold.Ingestion.Readers;

/// <summary>
/// Reads a table of comma-separated values, or of values separated by semicolons, tabs or bars, as it comes in. The first row is repeated
/// (<see cref="TableBlocks"/>); rows need not be equally long.
/// </summary>
internal sealed class CsvReader(IngestionOptions options) : IStreamingReader
{
    private const int BufferCharacters = 64 << 10;
    private const int MaxRowCharacters = 4 << 20;

    public string MediaType => "text/csv";

    public IReadOnlyList<string> OtherMediaTypes { get; } = ["text/tab-separated-values", "application/csv"];

    public IReadOnlyList<string> Extensions { get; } = [".csv", ".tsv", ".tab"];

    public string Name => "CSV file";

    public string? WhyNot(ReadOnlySpan<byte> head) => TextDecoder.WhyNotText(head);

    public ExtractedDocument Read(ReadOnlyMemory<byte> content, CancellationToken cancellationToken)
    {
        using var stream = new SourceStream(content.AsStream(), content.Length, TimeProvider.System);
        return DocumentParts.Join(Read(stream, cancellationToken), options.MaxExtractedCharacters);
    }

    public IEnumerable<ExtractedDocument> Read(SourceStream content, CancellationToken cancellationToken)
    {
        using var text = new TextStream(content, cancellationToken);
        using var rows = Open(text);
        var builder = new DocumentTextBuilder(options.MaxExtractedCharacters);
        var table = new TableBlocks(builder);
        var any = false;
        while (Next(rows))
        {
            table.Add(Enumerable.Range(0, rows.RowFieldCount).Select(column => new FilledCell(column, rows.GetString(column))));
            if (builder.Length > DocumentParts.PartCharacters)
            {
                yield return builder.Build(null);
                any = true;
                builder = new DocumentTextBuilder(options.MaxExtractedCharacters, continues: true);
                table.MoveTo(builder);
            }
        }

        table.Close();
        if (builder.Length > 0 || !any)
        {
            yield return builder.Build(null);
        }
    }

    private static CsvDataReader Open(TextStream text)
    {
        var delimiter = CsvDelimiter.Find(text.Head);
        if (text.Head.StartsWith("sep=", StringComparison.OrdinalIgnoreCase))
        {
            // A line for spreadsheet programs, and no row.
            text.ReadLine();
        }

        return CsvDataReader.Create(text, new CsvDataReaderOptions
        {
            HasHeaders = false,
            Delimiter = delimiter,
            CsvStyle = CsvStyle.Lax,
            ResultSetMode = ResultSetMode.SingleResult,
            BufferSize = BufferCharacters,
            MaxBufferSize = MaxRowCharacters,
        });
    }

    private static bool Next(CsvDataReader rows)
    {
        try
        {
            return rows.Read();
        }
        catch (CsvRecordTooLargeException exception)
        {
            throw new UnreadableDocumentException(
                $"Row {rows.RowNumber:N0} of the CSV file has more than {MaxRowCharacters:N0} characters. Perhaps a quotation mark is not closed.", exception);
        }
    }
}
