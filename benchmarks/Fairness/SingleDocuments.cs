using System.Diagnostics;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text;
using Freehold.Bench.Setup;
using Freehold.Tenants;

namespace Freehold.Bench.Fairness;

/// <summary>Seconds until a single document was ready, and what is to be known of the circumstances.</summary>
internal sealed record SingleTimes(IReadOnlyList<double> Put, IReadOnlyList<double> Dropped, string? Documents = null);

/// <summary>A tenant that sends one document after another, now by PUT, now as a blob, and asks for each until it is ready.</summary>
internal sealed class SingleDocuments(Installation installation, TenantPlacement tenant, HttpClient client)
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(20);

    // Not in step with anything that the host does at intervals.
    private readonly Random _random = new(9);
    private readonly Corpus _corpus = new(9);
    private int _sent;

    /// <summary>So many of each kind.</summary>
    public async Task<SingleTimes> TimeAsync(int ofEach, CancellationToken cancellationToken)
    {
        List<double> put = [];
        List<double> dropped = [];
        for (int i = 0; i < ofEach; i++)
        {
            put.Add(await TimeAsync(PutAsync, cancellationToken));
            dropped.Add(await TimeAsync(DropAsync, cancellationToken));
        }

        return new SingleTimes(put, dropped);
    }

    /// <summary>As many as there is time for, until something has ended.</summary>
    public async Task<SingleTimes> TimeUntilAsync(Task end, CancellationToken cancellationToken)
    {
        List<double> put = [];
        List<double> dropped = [];
        while (!end.IsCompleted || put.Count == 0)
        {
            SingleTimes each = await TimeAsync(1, cancellationToken);
            put.AddRange(each.Put);
            dropped.AddRange(each.Dropped);
        }

        return new SingleTimes(put, dropped);
    }

    private async Task<double> TimeAsync(Func<string, byte[], CancellationToken, Task> sendAsync, CancellationToken cancellationToken)
    {
        await Task.Delay(TimeSpan.FromMilliseconds(_random.Next(1_500)), cancellationToken);
        string path = $"single/{_sent++}.txt";
        byte[] text = Encoding.ASCII.GetBytes(_corpus.Document(1, 1_000));
        long started = Stopwatch.GetTimestamp();
        await sendAsync(path, text, cancellationToken);
        Uri address = Address(path);
        while (true)
        {
            using HttpResponseMessage answer = await client.GetAsync(address, cancellationToken);
            if (answer.StatusCode != HttpStatusCode.NotFound)
            {
                answer.EnsureSuccessStatusCode();
                Document document = (await answer.Content.ReadFromJsonAsync<Document>(cancellationToken))!;
                if (document.State == "ready")
                {
                    return Stopwatch.GetElapsedTime(started).TotalSeconds;
                }

                if (document.State == "failed")
                {
                    throw new InvalidOperationException($"{path} failed.");
                }
            }

            await Task.Delay(Pause, cancellationToken);
        }
    }

    private async Task PutAsync(string path, byte[] text, CancellationToken cancellationToken)
    {
        using ByteArrayContent body = new(text) { Headers = { ContentType = new MediaTypeHeaderValue("text/plain") } };
        using HttpResponseMessage answer = await client.PutAsync(Address(path), body, cancellationToken);
        answer.EnsureSuccessStatusCode();
    }

    private Task DropAsync(string path, byte[] text, CancellationToken cancellationToken) =>
        Drop.PutAsync(installation, tenant, path, text, cancellationToken);

    private Uri Address(string path) => new($"tenants/{tenant.Id}/documents/{path}", UriKind.Relative);

    private sealed record Document(string State);
}
