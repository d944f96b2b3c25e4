using System.Diagnostics;
using System.Net.Http.Json;
using Freehold.Tenants;

namespace Freehold.Bench.Search;

/// <summary>One client of a tenant's search.</summary>
internal sealed class SearchClient(HttpClient http, TenantId tenant)
{
    private readonly Uri _address = new($"tenants/{tenant}/search", UriKind.Relative);

    /// <summary>Asks one after another.</summary>
    /// <returns>Milliseconds of each, to the last byte of the answer.</returns>
    public async Task<double[]> TimeAsync(string mode, IReadOnlyList<string> queries, CancellationToken cancellationToken)
    {
        double[] took = new double[queries.Count];
        for (int i = 0; i < took.Length; i++)
        {
            // Hybrid is what is searched by who names no mode.
            Dictionary<string, string> body = new() { ["query"] = queries[i] };
            if (mode != "hybrid")
            {
                body["mode"] = mode;
            }

            long started = Stopwatch.GetTimestamp();
            using HttpResponseMessage answer = await http.PostAsJsonAsync(_address, body, cancellationToken);
            string text = await answer.Content.ReadAsStringAsync(cancellationToken);
            took[i] = Stopwatch.GetElapsedTime(started).TotalMilliseconds;
            if (!answer.IsSuccessStatusCode)
            {
                throw new InvalidOperationException($"The search failed ({(int)answer.StatusCode}): {text}");
            }
        }

        return took;
    }
}
