using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net.Http.Headers;
using System.Net.Http.Json;

namespace Freehold.Bench.Cold;

/// <summary>Searches tenants by the API, each with its own key, over connections that all share.</summary>
internal sealed class ColdClient(HttpClient http)
{
    /// <summary>What was answered instead of passages.</summary>
    public ConcurrentQueue<string> Failures { get; } = [];

    /// <summary>Searches once.</summary>
    /// <returns>Milliseconds, to the last byte of the answer; null when it failed.</returns>
    public async Task<double?> TryAsync(ColdTenant tenant, CancellationToken cancellationToken)
    {
        using HttpRequestMessage request = new(HttpMethod.Post, new Uri($"tenants/{tenant.Placement.Id}/search", UriKind.Relative))
        {
            Headers = { Authorization = new AuthenticationHeaderValue("Bearer", tenant.Key) },
            Content = JsonContent.Create(new Dictionary<string, string> { ["query"] = tenant.Query }),
        };
        long started = Stopwatch.GetTimestamp();
        using HttpResponseMessage answer = await http.SendAsync(request, cancellationToken);
        string text = await answer.Content.ReadAsStringAsync(cancellationToken);
        double took = Stopwatch.GetElapsedTime(started).TotalMilliseconds;
        if (answer.IsSuccessStatusCode)
        {
            return took;
        }

        Failures.Enqueue($"{(int)answer.StatusCode}: {text}");
        return null;
    }

    /// <summary>Searches the same again and again.</summary>
    public async Task<double[]> RepeatAsync(ColdTenant tenant, int times, CancellationToken cancellationToken)
    {
        List<double> took = [];
        for (int i = 0; i < times; i++)
        {
            took.Add(await TryAsync(tenant, cancellationToken) ?? throw new InvalidOperationException($"The search failed: {Failures.Last()}"));
        }

        return [.. took];
    }

    /// <summary>Searches every tenant once, so many at a time.</summary>
    public async Task<Line> CrowdAsync(IReadOnlyList<ColdTenant> tenants, int clients, CancellationToken cancellationToken)
    {
        ConcurrentBag<double> took = [];
        ParallelOptions atATime = new() { MaxDegreeOfParallelism = clients, CancellationToken = cancellationToken };
        long started = Stopwatch.GetTimestamp();
        await Parallel.ForEachAsync(tenants, atATime, async (tenant, token) =>
        {
            if (await TryAsync(tenant, token) is { } milliseconds)
            {
                took.Add(milliseconds);
            }
        });
        double seconds = Stopwatch.GetElapsedTime(started).TotalSeconds;
        return new Line($"cold, by the API, {clients} clients")
            .With("p50 ms", Measure.Percentile(took, 50)).With("p95 ms", Measure.Percentile(took, 95)).With("p99 ms", Measure.Percentile(took, 99))
            .With("per s", took.Count / seconds);
    }
}
