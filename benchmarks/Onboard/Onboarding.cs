using System.Collections.Concurrent;
using System.Diagnostics;
using Freehold.Bench.Setup;
using Freehold.Provisioning;
using Freehold.Tenants;
using Npgsql;

namespace Freehold.Bench.Onboard;

/// <summary>Tenants that are asked for by so many clients, each of which waits for its own; and what was not done meanwhile is taken up again, as a host's timer does.</summary>
internal sealed class Onboarding(Installation installation, int tenants)
{
    private const int Clients = 32;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan BetweenTurns = TimeSpan.FromSeconds(1);

    private readonly ConcurrentDictionary<string, double> _answered = [];

    /// <summary>Seconds until the last was active, or had failed.</summary>
    public double Seconds { get; private set; }

    /// <summary>Asks for all of them, until each is active or has failed.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        long started = Stopwatch.GetTimestamp();
        Task asked = Parallel.ForAsync(
            0, tenants, new ParallelOptions { MaxDegreeOfParallelism = Clients, CancellationToken = cancellationToken }, AskAsync);
        while (!asked.IsCompleted || await UnfinishedAsync(cancellationToken) > 0)
        {
            await Task.Delay(BetweenTurns, cancellationToken);
            await Parallel.ForEachAsync(
                await installation.Get<ResumeOperations>().RunAsync(cancellationToken),
                new ParallelOptions { MaxDegreeOfParallelism = Clients, CancellationToken = cancellationToken },
                async (operation, token) => await installation.Get<RunOperation>().RunAsync(operation, token));
        }

        await asked;
        Seconds = Stopwatch.GetElapsedTime(started).TotalSeconds;
    }

    /// <summary>Milliseconds from the request to the answer that the tenant is active, of those that got a database of the warm pool, or of the others; the last too late for an answer left out.</summary>
    public async Task<double[]> AnsweredAsync(bool claimed, CancellationToken cancellationToken)
    {
        await using NpgsqlCommand command = installation.Get<CatalogDatabase>().Command($"select id from catalog.tenants where claimed = {claimed}");
        await using NpgsqlDataReader reader = await command.ExecuteReaderAsync(cancellationToken);
        List<double> answered = [];
        while (await reader.ReadAsync(cancellationToken))
        {
            if (_answered.TryGetValue(reader.GetString(0), out double milliseconds))
            {
                answered.Add(milliseconds);
            }
        }

        return [.. answered];
    }

    private async ValueTask AskAsync(int i, CancellationToken cancellationToken)
    {
        string id = FormattableString.Invariant($"onboarded-{i}");
        long started = Stopwatch.GetTimestamp();
        CreatedTenant created = await installation.Get<CreateTenant>().RunAsync(new NewTenant(id), Caller.Admin(), Patience, cancellationToken);
        if (created.Active)
        {
            _answered[id] = Stopwatch.GetElapsedTime(started).TotalMilliseconds;
        }
    }

    private async Task<long> UnfinishedAsync(CancellationToken cancellationToken)
    {
        await using NpgsqlCommand command = installation.Get<CatalogDatabase>().Command(
            "select count(*) from catalog.operations where state in ('queued', 'running')");
        return (long)(await command.ExecuteScalarAsync(cancellationToken))!;
    }
}
