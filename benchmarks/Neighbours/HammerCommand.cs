using System.Diagnostics;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json;

namespace Freehold.Bench.Neighbours;

/// <summary>Whom a hammering process asks, as whom, and how often a second.</summary>
internal sealed record HammerSetup(Uri Address, string Tenant, string Key, double PerSecond, string[] Queries);

/// <summary>What the neighbour was answered.</summary>
/// <param name="Sent">Requests.</param>
/// <param name="Served">Answered with passages.</param>
/// <param name="Refused">Answered with 429.</param>
/// <param name="WithoutRetryAfter">Of the refused: without a Retry-After.</param>
/// <param name="Other">Anything else.</param>
/// <param name="Skipped">Not sent, since too many were under way.</param>
internal sealed record HammerAnswer(int Sent, int Served, int Refused, int WithoutRetryAfter, int Other, int Skipped)
{
    public HammerAnswer Plus(HammerAnswer more) => new(
        Sent + more.Sent, Served + more.Served, Refused + more.Refused, WithoutRetryAfter + more.WithoutRetryAfter, Other + more.Other, Skipped + more.Skipped);
}

/// <summary>The process of a neighbour that asks at a fixed pace, whether it is answered or not.</summary>
internal static class HammerCommand
{
    /// <summary>Name of the hidden command.</summary>
    public const string Name = "hammer";

    private const int MostUnderWay = 64;

    public static async Task RunAsync(TextReader input, TextWriter output, CancellationToken cancellationToken)
    {
        HammerSetup setup = JsonSerializer.Deserialize<HammerSetup>((await input.ReadLineAsync(cancellationToken))!)!;
        using HttpClient client = new(new SocketsHttpHandler { MaxConnectionsPerServer = MostUnderWay })
        {
            BaseAddress = setup.Address,
            DefaultRequestHeaders = { Authorization = new AuthenticationHeaderValue("Bearer", setup.Key) },
        };
        string answer = "ready";
        do
        {
            await output.WriteLineAsync(answer);
            await output.FlushAsync(cancellationToken);
            if (await input.ReadLineAsync(cancellationToken) is not { } seconds)
            {
                return;
            }

            answer = JsonSerializer.Serialize(await HammerAsync(setup, client, JsonSerializer.Deserialize<TimeSpan>(seconds), cancellationToken));
        }
        while (true);
    }

    private static async Task<HammerAnswer> HammerAsync(HammerSetup setup, HttpClient client, TimeSpan duration, CancellationToken cancellationToken)
    {
        List<Task<HammerAnswer>> all = [];
        int sent = 0;
        using SemaphoreSlim underWay = new(MostUnderWay);
        long started = Stopwatch.GetTimestamp();
        while (Stopwatch.GetElapsedTime(started) < duration)
        {
            // What is late is made up for: a timer is good for some 15 milliseconds at worst.
            for (; sent < Stopwatch.GetElapsedTime(started).TotalSeconds * setup.PerSecond; sent++)
            {
                all.Add(underWay.Wait(0, cancellationToken)
                    ? SendAsync(setup, client, setup.Queries[sent % setup.Queries.Length], underWay, cancellationToken)
                    : Task.FromResult(new HammerAnswer(0, 0, 0, 0, 0, 1)));
            }

            await Task.Delay(2, cancellationToken);
        }

        return (await Task.WhenAll(all)).Aggregate((one, other) => one.Plus(other));
    }

    private static async Task<HammerAnswer> SendAsync(
        HammerSetup setup, HttpClient client, string query, SemaphoreSlim underWay, CancellationToken cancellationToken)
    {
        try
        {
            Dictionary<string, string> body = new() { ["query"] = query };
            using HttpResponseMessage answer = await client.PostAsJsonAsync(
                new Uri($"tenants/{setup.Tenant}/search", UriKind.Relative), body, cancellationToken);
            await answer.Content.ReadAsByteArrayAsync(cancellationToken);
            bool refused = answer.StatusCode == HttpStatusCode.TooManyRequests;
            return new HammerAnswer(
                1,
                answer.IsSuccessStatusCode ? 1 : 0,
                refused ? 1 : 0,
                refused && answer.Headers.RetryAfter is null ? 1 : 0,
                answer.IsSuccessStatusCode || refused ? 0 : 1,
                0);
        }
        finally
        {
            underWay.Release();
        }
    }
}
