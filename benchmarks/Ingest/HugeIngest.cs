using System.Diagnostics;
using System.Text;
using Freehold.Bench.Readers;
using Freehold.Bench.Setup;
using Freehold.Storage;
using Freehold.Tenants;

namespace Freehold.Bench.Ingest;

/// <summary>Single documents that are as large as documents get, dropped as blobs: what they take in time, and of the host's memory.</summary>
internal sealed class HugeIngest(Servers servers, int textBytes, int pages)
{
    private const int PieceParagraphs = 1_000;
    private const int ParagraphLength = 1_000;
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(100);

    public async Task<IReadOnlyList<Line>> RunAsync(CancellationToken cancellationToken)
    {
        await using Installation installation = await Installation.StartAsync(servers, null, [], cancellationToken);
        await installation.Get<DocumentBlobs>().CreateContainerAsync(cancellationToken);
        await using HostProcess host = await HostProcess.StartAsync(installation, cancellationToken);
        TenantPlacement tenant = await installation.ProvisionAsync(cancellationToken);
        try
        {
            await Drop.PutAsync(installation, tenant, "first.txt", Pieces(1).First(), cancellationToken);
            await Loading.AwaitReadyAsync(installation, tenant, 1, Pause, cancellationToken);

            Report.Tell($"ingest: a text of {textBytes / 1e6:N0} MB");
            int pieces = Math.Max(1, textBytes / (PieceParagraphs * ParagraphLength));
            PeakMemory ofText = PeakMemory.Watch(host.Id);
            await Drop.PutAsync(installation, tenant, "huge.txt", Pieces(pieces), cancellationToken);
            Line text = await TakeInAsync(installation, tenant, 2, textBytes, $"a text of {textBytes / 1e6:N0} MB", cancellationToken);
            Line textMemory = HostMemory.Describe("with the text", ofText);

            Report.Tell($"ingest: a PDF of {pages:N0} pages");
            byte[] pdf = GeneratedPdf.Make(pages);
            PeakMemory ofPdf = PeakMemory.Watch(host.Id);
            await Drop.PutAsync(installation, tenant, "huge.pdf", pdf, cancellationToken);
            Line read = await TakeInAsync(installation, tenant, 3, pdf.Length, $"a PDF of {pages:N0} pages, {pdf.Length / 1e6:N0} MB", cancellationToken);
            return [text, textMemory, read, HostMemory.Describe("with the PDF", ofPdf)];
        }
        finally
        {
            await installation.Get<TenantBlobs>().DeleteAllAsync(tenant.Id, CancellationToken.None);
        }
    }

    private static async Task<Line> TakeInAsync(
        Installation installation, TenantPlacement tenant, int documents, double bytes, string what, CancellationToken cancellationToken)
    {
        long started = Stopwatch.GetTimestamp();
        await Loading.AwaitReadyAsync(installation, tenant, documents, Pause, cancellationToken);
        double seconds = Stopwatch.GetElapsedTime(started).TotalSeconds;
        return new Line($"{what}, dropped as a blob").With("seconds", seconds).With("MB/s", bytes / 1e6 / seconds);
    }

    private static IEnumerable<byte[]> Pieces(int pieces)
    {
        Corpus corpus = new(6);
        for (int i = 0; i < pieces; i++)
        {
            yield return Encoding.ASCII.GetBytes(corpus.Document(PieceParagraphs, ParagraphLength));
        }
    }
}
