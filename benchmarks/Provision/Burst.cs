using System.Collections.Concurrent;
using System.Diagnostics;
using Freehold.Bench.Setup;
using Freehold.Tenants;
using Npgsql;

namespace Freehold.Bench.Provision;

/// <summary>Many tenants at once, far more than the warm pool holds. Afterwards each is entered as its role and asked for its documents.</summary>
internal sealed class Burst(Installation installation, TenantClient client, int tenants)
{
    private const int Clients = 16;
    private const int EnteredAtATime = 4;

    public async Task<Line> RunAsync(CancellationToken cancellationToken)
    {
        ConcurrentBag<double> took = [];
        ConcurrentBag<string> failures = [];
        long started = Stopwatch.GetTimestamp();
        await Parallel.ForAsync(0, tenants, Options(Clients, cancellationToken), async (i, token) =>
        {
            try
            {
                took.Add(await client.TimeAsync(Name(i), token));
            }
            catch (Exception exception) when (exception is InvalidOperationException or HttpRequestException)
            {
                failures.Add(exception.Message);
            }
        });
        double seconds = Stopwatch.GetElapsedTime(started).TotalSeconds;
        Report.Tell("provision: entering each of them");

        ConcurrentDictionary<string, bool> entered = [];
        await Parallel.ForAsync(0, tenants, Options(EnteredAtATime, cancellationToken), async (i, token) =>
        {
            if (await EnterAsync(TenantId.Parse(Name(i)), token) is { } database)
            {
                entered[database] = true;
            }
        });
        Line line = new Line($"{tenants:N0} tenants at once, {Clients} clients")
            .With("p50 ms", Measure.Percentile(took, 50)).With("p95 ms", Measure.Percentile(took, 95)).With("p99 ms", Measure.Percentile(took, 99))
            .With("per s", took.Count / seconds)
            .With("unusable", tenants - entered.Count)
            .AtMost("unusable", 0);
        return failures.TryPeek(out string? failure) ? line.Noting(failure) : line.Noting("each in a database of its own, entered as its role");
    }

    /// <returns>The tenant's database; null when there is none that answers.</returns>
    private async Task<string?> EnterAsync(TenantId id, CancellationToken cancellationToken)
    {
        if (await installation.Get<TenantCatalog>().FindPlacementAsync(id, cancellationToken) is not { State: TenantState.Active } tenant)
        {
            return null;
        }

        NpgsqlDataSourceBuilder builder = new(installation.ConnectionString(tenant));
        builder.ConfigureTypeLoading(types => types.EnableTypeLoading(false));
        await using NpgsqlDataSource database = builder.Build();
        try
        {
            await using NpgsqlConnection connection = await database.OpenConnectionAsync(cancellationToken);
            await using NpgsqlCommand ask = new("select current_database()::text from documents right join (select) once on true", connection);
            return await ask.ExecuteScalarAsync(cancellationToken) as string;
        }
        catch (PostgresException)
        {
            return null;
        }
    }

    private static string Name(int i) => $"burst-{i}";

    private static ParallelOptions Options(int atATime, CancellationToken cancellationToken) =>
        new() { MaxDegreeOfParallelism = atATime, CancellationToken = cancellationToken };
}
