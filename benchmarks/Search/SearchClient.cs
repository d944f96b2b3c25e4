using System.Diagnostics;
using System.Net.Http.Json;
using Freehold.Tenants;

namespace Freehold.Bench.Search;

/// <summary>Who asks a tenant's search: one client, or several at a time.</summary>
internal sealed class SearchClient(HttpClient http, TenantId tenant, int clients = 1)
{
    private readonly Uri _address = new($"tenants/{tenant}/search", UriKind.Relative);

    /// <summary>Asks, each client one after another.</summary>
    /// <returns>Milliseconds of each, to the last byte of the answer.</returns>
    public Task<double[]> TimeAsync(string mode, IReadOnlyList<string> queries, CancellationToken cancellationToken) =>
        Clients.TimeAsync(queries, clients, (_, query) => AskAsync(mode, query, cancellationToken));

    private async Task<double> AskAsync(string mode, string query, CancellationToken cancellationToken)
    {
        // Hybrid is what is searched by who names no mode.
        Dictionary<string, string> body = new() { ["query"] = query };
        if (mode != "hybrid")
        {
            body["mode"] = mode;
        }

        long started = Stopwatch.GetTimestamp();
        using HttpResponseMessage answer = await http.PostAsJsonAsync(_address, body, cancellationToken);
        byte[] read = await answer.Content.ReadAsByteArrayAsync(cancellationToken);
        double took = Stopwatch.GetElapsedTime(started).TotalMilliseconds;
        return answer.IsSuccessStatusCode
            ? took
            : throw new InvalidOperationException($"The search failed ({(int)answer.StatusCode}): {System.Text.Encoding.UTF8.GetString(read)}");
    }
}
