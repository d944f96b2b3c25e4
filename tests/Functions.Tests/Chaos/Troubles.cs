using Freehold.Functions.Tests.Api;

namespace Freehold.Functions.Tests.Chaos;

/// <summary>How much happens.</summary>
/// <param name="Documents">Documents, over all tenants.</param>
/// <param name="LongDocuments">How many of them are long.</param>
/// <param name="Kills">How often the host is killed.</param>
/// <param name="PostgresRestarts">How often PostgreSQL is restarted; the first time as after a crash.</param>
/// <param name="AzuriteRestarts">How often Azurite is restarted.</param>
/// <param name="LongestPause">Between two steps of a document.</param>
internal sealed record ChaosScale(int Documents, int LongDocuments, int Kills, int PostgresRestarts, int AzuriteRestarts, TimeSpan LongestPause)
{
    public static ChaosScale Short { get; } = new(150, 2, 4, 1, 1, TimeSpan.FromSeconds(1));

    public static ChaosScale Full { get; } = new(2_000, 8, 20, 3, 2, TimeSpan.FromSeconds(1));
}

/// <summary>Kills the host and restarts its servers, spread by chance over the steps that are taken meanwhile; the last kills come when all is uploaded.</summary>
internal sealed class Troubles(HostProcess host, OwnServers servers, HttpClient http, ChaosScale scale, Random random, Action<string> tell)
{
    private const int AfterTheEnd = 5;

    /// <summary>How much of the uploading is done, from 0 to 1.</summary>
    public double Progress { get; set; }

    /// <summary>Ends with the host running and both servers there.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        Random kills = new(random.Next());
        Random postgres = new(random.Next());
        Random azurite = new(random.Next());
        int late = scale.Kills / AfterTheEnd;
        using CancellationTokenSource ended = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        Task watching = WatchAsync(ended.Token);
        await Task.WhenAll(
            SpreadAsync(scale.Kills - late, kills, _ => KillAsync(kills, cancellationToken), cancellationToken),
            SpreadAsync(
                scale.PostgresRestarts,
                postgres,
                async number =>
                {
                    string signal = number == 0 ? "QUIT" : "INT";
                    tell($"PostgreSQL is restarted with SIG{signal}");
                    await servers.RestartPostgresAsync(signal, TimeSpan.FromSeconds(postgres.NextDouble() * 3));
                },
                cancellationToken),
            SpreadAsync(
                scale.AzuriteRestarts,
                azurite,
                async _ =>
                {
                    tell("Azurite is restarted");
                    await servers.RestartAzuriteAsync(TimeSpan.FromSeconds(azurite.NextDouble() * 3));
                },
                cancellationToken));
        while (Progress < 1)
        {
            await Task.Delay(50, cancellationToken);
        }

        for (int i = 0; i < late; i++)
        {
            await Task.Delay(kills.Next(300, 3_000), cancellationToken);
            await KillAsync(kills, cancellationToken);
        }

        await ReadyAsync(cancellationToken);
        await ended.CancelAsync();
        await watching;
    }

    private async Task SpreadAsync(int times, Random chance, Func<int, Task> trouble, CancellationToken cancellationToken)
    {
        double[] moments = [.. Enumerable.Range(0, times).Select(_ => 0.03 + (0.92 * chance.NextDouble())).Order()];
        for (int i = 0; i < times; i++)
        {
            while (Progress < moments[i])
            {
                await Task.Delay(10, cancellationToken);
            }

            await trouble(i);
        }
    }

    private async Task KillAsync(Random chance, CancellationToken cancellationToken)
    {
        // Now and then while it starts.
        if (chance.Next(5) == 0)
        {
            await Task.Delay(chance.Next(1_500), cancellationToken);
        }
        else
        {
            await ReadyAsync(cancellationToken);
            await Task.Delay(chance.Next(1_000), cancellationToken);
        }

        tell("the host is killed");
        await host.KillAsync();
        await Task.Delay(chance.Next(500), cancellationToken);
        host.Start();
    }

    private async Task ReadyAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            try
            {
                using HttpResponseMessage answer = await http.GetAsync("health/ready", cancellationToken);
                if (answer.IsSuccessStatusCode)
                {
                    return;
                }
            }
            catch (HttpRequestException)
            {
                // Not listening yet.
            }

            await Task.Delay(50, cancellationToken);
        }
    }

    /// <summary>A host must not end by itself, whatever is away.</summary>
    private async Task WatchAsync(CancellationToken cancellationToken)
    {
        while (!cancellationToken.IsCancellationRequested)
        {
            Assert.False(host.EndedByItself, "The host has ended by itself.");
            await Task.Delay(100, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }
}
