using System.Diagnostics;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text;
using Freehold.Bench.Setup;
using Freehold.Storage;
using Freehold.Tenants;

namespace Freehold.Bench.Ingest;

/// <summary>Short documents from end to end: PUT by eight clients, blob storage, a queue, and the host, until all are ready.</summary>
internal sealed class HttpIngest(Servers servers, int documents)
{
    private const int Clients = 8;
    private const int WarmUp = 100;
    private const double Required = 80;
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(50);

    public async Task<IReadOnlyList<Line>> RunAsync(CancellationToken cancellationToken)
    {
        Report.Tell($"ingest: {documents:N0} short documents by the API");
        await using Installation installation = await Installation.StartAsync(servers, null, [], cancellationToken);
        await installation.Get<DocumentBlobs>().CreateContainerAsync(cancellationToken);
        await using HostProcess host = await HostProcess.StartAsync(installation, cancellationToken);
        TenantPlacement tenant = await installation.ProvisionAsync(cancellationToken);
        using HttpClient client = host.Client(await installation.MakeKeyAsync(tenant, cancellationToken));
        try
        {
            Uri address = new(client.BaseAddress!, $"tenants/{tenant.Id}/documents");
            await TimeAsync(client, address, "warm-up/", Texts(WarmUp, seed: 1), cancellationToken);
            PeakMemory memory = PeakMemory.Watch(host.Id);
            double seconds = await TimeAsync(client, address, "short/", Texts(documents, seed: 2), cancellationToken);
            return
            [
                new Line($"{documents:N0} documents of 1 KB by the API, {Clients} clients")
                    .With("documents/s", documents / seconds).With("ms each", 1_000 * seconds / documents).With("seconds", seconds)
                    .AtLeast("documents/s", Required),
                HostMemory.Describe("with those", memory),
            ];
        }
        finally
        {
            await installation.Get<TenantBlobs>().DeleteAllAsync(tenant.Id, CancellationToken.None);
        }
    }

    private static string[] Texts(int count, int seed)
    {
        Corpus corpus = new(seed);
        return [.. Enumerable.Range(0, count).Select(_ => corpus.Document(1, 1_000))];
    }

    private static async Task<double> TimeAsync(
        HttpClient client, Uri address, string prefix, string[] texts, CancellationToken cancellationToken)
    {
        long started = Stopwatch.GetTimestamp();
        await Parallel.ForEachAsync(
            texts.Index(),
            new ParallelOptions { MaxDegreeOfParallelism = Clients, CancellationToken = cancellationToken },
            async (text, token) => await PutAsync(client, new Uri($"{address}/{prefix}{text.Index:D6}.txt"), text.Item, token));
        await AwaitReadyAsync(client, address, prefix, texts.Length, cancellationToken);
        return Stopwatch.GetElapsedTime(started).TotalSeconds;
    }

    private static async Task PutAsync(HttpClient client, Uri address, string text, CancellationToken cancellationToken)
    {
        using ByteArrayContent body = new(Encoding.ASCII.GetBytes(text)) { Headers = { ContentType = new MediaTypeHeaderValue("text/plain") } };
        using HttpResponseMessage answer = await client.PutAsync(address, body, cancellationToken);
        if (!answer.IsSuccessStatusCode)
        {
            throw new InvalidOperationException(
                $"A document was refused ({(int)answer.StatusCode}): {await answer.Content.ReadAsStringAsync(cancellationToken)}");
        }
    }

    /// <summary>Reads the list, and reads a page again until all on it are ready: what has been seen ready is not asked about again.</summary>
    private static async Task AwaitReadyAsync(HttpClient client, Uri address, string prefix, int count, CancellationToken cancellationToken)
    {
        int ready = 0;
        string cursor = string.Empty;
        while (true)
        {
            DocumentPage page = (await client.GetFromJsonAsync<DocumentPage>(
                new Uri($"{address}?limit=1000&prefix={Uri.EscapeDataString(prefix)}&cursor={cursor}"), cancellationToken))!;
            if (page.Documents.FirstOrDefault(document => document.State == "failed") is { } failed)
            {
                throw new InvalidOperationException($"{failed.Path} failed: {failed.Failure?.Reason}");
            }

            if (page.Documents.Any(document => document.State != "ready"))
            {
                await Task.Delay(Pause, cancellationToken);
                continue;
            }

            ready += page.Documents.Count;
            if (page.Cursor is null)
            {
                if (ready != count)
                {
                    throw new InvalidOperationException($"Of {count} documents {ready} are in the list.");
                }

                return;
            }

            cursor = page.Cursor;
        }
    }

    private sealed record DocumentPage(IReadOnlyList<Document> Documents, string? Cursor);

    private sealed record Document(string Path, string State, Failure? Failure);

    private sealed record Failure(string Reason);
}
