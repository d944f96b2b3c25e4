using System.Diagnostics;
using System.Net.Http.Json;
using Freehold.Ai;
using Freehold.Bench.Setup;
using Freehold.Migration;
using Freehold.Provisioning;
using Npgsql;

namespace Freehold.Bench.Provision;

/// <summary>
/// A tenant by the API, from the request to the answer that it is active, against nothing but the copy of the same template
/// database, timed by psql.
/// </summary>
internal sealed class ProvisionBenchmark(Servers servers, int tenants, int warmUp)
{
    private const string Bare = "create database … template … strategy wal_log (psql)";
    private const string Api = "POST /api/tenants?wait=30";

    // A handful of pairs is a round: alternated one by one, a round's medians have seen the same conditions.
    private const int PairsInRound = 5;

    private readonly string _prefix = $"freehold_bench_{Guid.NewGuid():N}"[..28];
    private int _made;

    public async Task<Report> RunAsync(CancellationToken cancellationToken)
    {
        Report.Tell($"provision: {tenants} tenants by the API, alternately with {tenants} bare copies");
        await using Installation installation = await Installation.StartAsync(servers, null, [], cancellationToken);
        await using HostProcess host = await HostProcess.StartAsync(installation, cancellationToken);
        using HttpClient client = host.Client(installation.AdminKey);
        await using PsqlSession psql = new(servers);
        try
        {
            string template = await FindTemplateAsync(installation, cancellationToken);
            await MeasureAsync(new Rounds(), warmUp, client, psql, template, cancellationToken);
            Rounds rounds = new();
            await MeasureAsync(rounds, tenants, client, psql, template, cancellationToken);
            return new Report(
                "provision",
                "A new tenant",
                await Machine.DescribeAsync(servers, cancellationToken),
                new Dictionary<string, double> { ["tenants"] = tenants, ["warm-up"] = warmUp },
                [rounds.Line(Bare), rounds.Line(Api, Bare, mostTimes: 3)]);
        }
        finally
        {
            for (int i = 0; i < _made; i++)
            {
                await servers.ExecuteAsync($"drop database if exists {_prefix}_{i}", CancellationToken.None);
            }
        }
    }

    private async Task MeasureAsync(
        Rounds rounds, int pairs, HttpClient client, PsqlSession psql, string template, CancellationToken cancellationToken)
    {
        for (int start = 0; start < pairs; start += PairsInRound)
        {
            int count = Math.Min(PairsInRound, pairs - start);
            double[] bare = new double[count];
            double[] api = new double[count];
            for (int i = 0; i < count; i++)
            {
                bare[i] = await psql.TimeAsync($"create database {_prefix}_{_made++} template {template} strategy wal_log", cancellationToken);
                api[i] = await PostAsync(client, cancellationToken);
            }

            rounds.Add(Bare, bare);
            rounds.Add(Api, api);
        }
    }

    private static async Task<double> PostAsync(HttpClient client, CancellationToken cancellationToken)
    {
        Dictionary<string, string> tenant = new() { ["id"] = $"bench-{Guid.NewGuid():N}"[..30] };
        long started = Stopwatch.GetTimestamp();
        using HttpResponseMessage answer = await client.PostAsJsonAsync("tenants?wait=30", tenant, cancellationToken);
        string body = await answer.Content.ReadAsStringAsync(cancellationToken);
        double took = Stopwatch.GetElapsedTime(started).TotalMilliseconds;
        return answer.StatusCode == System.Net.HttpStatusCode.Created
            ? took
            : throw new InvalidOperationException($"The tenant was not made ({(int)answer.StatusCode}): {body}");
    }

    private async Task<string> FindTemplateAsync(Installation installation, CancellationToken cancellationToken)
    {
        EmbeddingModel model = installation.Get<EmbeddingModel>();
        await using NpgsqlDataSource server = NpgsqlDataSource.Create(servers.Postgres);
        using PostgresTemplate template = new(
            server, new NpgsqlConnectionStringBuilder(servers.Postgres), MigrationScripts.Tenant(model.Id, model.Dimensions));
        return await template.FindOrMakeAsync(cancellationToken);
    }
}
