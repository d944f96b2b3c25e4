using System.Diagnostics;
using System.Globalization;
using Freehold.Integration.Tests.Fixtures;
using Freehold.Neon;
using Freehold.Neon.Simulator;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using Npgsql;

namespace Freehold.Integration.Tests.Neon;

/// <summary>The simulator of Neon with real databases behind its gateway.</summary>
public sealed class SimulatorTests
{
    private static readonly DateTimeOffset Soon = TimeProvider.System.GetUtcNow().AddMinutes(5);

    private readonly string _name = $"t_{Guid.NewGuid():N}"[..20];

    [ServerFact]
    public async Task Project_has_a_database_of_its_own_in_which_its_role_may_make_everything()
    {
        await using NeonSimulator simulator = await StartAsync(new());
        using NeonClient client = ClientOf(simulator);
        NeonTenantProject project = await CreateAsync(client);

        string user = await AskAsync(simulator, project, project.Host, "CREATE EXTENSION IF NOT EXISTS vector; CREATE SCHEMA s; CREATE TABLE s.t (v vector(3)); SELECT current_user::text");

        Assert.Equal(project.Role, user);
        Assert.Equal(project.Role, await AskAsync(simulator, project, project.PoolerHost, "SELECT current_user::text"));
    }

    [ServerFact]
    public async Task Disposing_drops_databases_and_roles_and_those_that_were_made_by_SQL()
    {
        await using (NeonSimulator simulator = await StartAsync(new()))
        {
            using NeonClient client = ClientOf(simulator);
            NeonTenantProject project = await CreateAsync(client);
            await AskAsync(simulator, project, project.Host, $"CREATE ROLE {_name}_app LOGIN; GRANT CONNECT ON DATABASE {_name} TO {_name}_app; SELECT ''");
            Assert.Equal(3, await LeftAsync());
        }

        Assert.Equal(0, await LeftAsync());
    }

    [ServerFact]
    public async Task Connection_wakes_a_compute_that_sleeps_and_pays_for_it_once()
    {
        await using NeonSimulator simulator = await StartAsync(new() { ColdStart = TimeSpan.FromMilliseconds(400), SuspendTimeout = TimeSpan.FromSeconds(60) });
        using NeonClient client = ClientOf(simulator);
        NeonTenantProject project = await CreateAsync(client);
        await AskAsync(simulator, project, project.Host, "SELECT ''");
        Assert.Empty(simulator.Wakes);
        simulator.LetSleep(project.ProjectId);
        Assert.True(simulator.Sleeps(project.ProjectId));

        long start = Stopwatch.GetTimestamp();
        await Task.WhenAll(AskAsync(simulator, project, project.Host, "SELECT ''"), AskAsync(simulator, project, project.PoolerHost, "SELECT ''"));

        Assert.True(Stopwatch.GetElapsedTime(start) >= TimeSpan.FromMilliseconds(390));
        Wake wake = Assert.Single(simulator.Wakes);
        Assert.Equal((project.ProjectId, "simulator-tests"), (wake.ProjectId, wake.ApplicationName));
        Assert.False(simulator.Sleeps(project.ProjectId));
    }

    [ServerFact]
    public async Task Compute_sleeps_after_a_time_without_connections_and_not_with_one()
    {
        await using NeonSimulator simulator = await StartAsync(new() { SuspendTimeout = TimeSpan.FromMilliseconds(150) });
        using NeonClient client = ClientOf(simulator);
        NeonTenantProject project = await CreateAsync(client);
        await using (await OpenAsync(simulator, project, project.Host))
        {
            await Task.Delay(400);
            Assert.Equal(1, simulator.Connections(project.ProjectId));
            Assert.False(simulator.Sleeps(project.ProjectId));
        }

        await Task.Delay(400);

        Assert.True(simulator.Sleeps(project.ProjectId));
    }

    [ServerFact]
    public async Task Project_over_its_quota_a_disabled_endpoint_and_a_deleted_project_refuse_connections()
    {
        await using NeonSimulator simulator = await StartAsync(new());
        using NeonClient client = ClientOf(simulator);
        NeonTenantProject project = await CreateAsync(client);
        await using NpgsqlConnection open = await OpenAsync(simulator, project, project.Host);

        simulator.SetOverQuota(project.ProjectId, isOver: true);
        PostgresException overQuota = await Assert.ThrowsAsync<PostgresException>(() => OpenAsync(simulator, project, project.Host));
        await using NpgsqlCommand command = new("SELECT 1", open);
        await Assert.ThrowsAnyAsync<NpgsqlException>(() => command.ExecuteScalarAsync());
        simulator.SetOverQuota(project.ProjectId, isOver: false);
        await ChangeAsync(client, project, disabled: true);
        PostgresException disabled = await Assert.ThrowsAsync<PostgresException>(() => OpenAsync(simulator, project, project.PoolerHost));
        await ChangeAsync(client, project, disabled: false);
        await AskAsync(simulator, project, project.Host, "SELECT ''");
        await client.DeleteProjectAsync(project.ProjectId, CancellationToken.None);
        await Assert.ThrowsAsync<PostgresException>(() => OpenAsync(simulator, project, project.Host));
        await RecoverAsync(simulator, project);

        Assert.Equal("XX000", overQuota.SqlState);
        Assert.StartsWith("Your account or project has exceeded the compute time quota.", overQuota.MessageText, StringComparison.Ordinal);
        Assert.Contains("disabled", disabled.MessageText, StringComparison.Ordinal);
        await AskAsync(simulator, project, project.Host, "SELECT ''");
    }

    [ServerFact]
    public async Task Nobody_gets_in_before_the_operations_have_ended()
    {
        FakeTimeProvider clock = new();
        await using NeonSimulator simulator = await StartAsync(new() { OperationTime = TimeSpan.FromSeconds(1), Time = clock });
        using NeonClient client = ClientOf(simulator);
        NeonTenantProject project = await client.CreateProjectAsync(new NeonProjectPlan(_name, _name + "_owner", _name), resumed: false, CancellationToken.None);

        PostgresException early = await Assert.ThrowsAsync<PostgresException>(() => OpenAsync(simulator, project, project.Host));
        clock.Advance(TimeSpan.FromSeconds(3));
        await client.WaitAsync(project.ProjectId, project.Operations, Soon, CancellationToken.None);

        Assert.Equal(PostgresErrorCodes.CannotConnectNow, early.SqlState);
        await AskAsync(simulator, project, project.Host, "SELECT ''");
    }

    [PoolerFact]
    public async Task Host_of_the_pooler_leads_to_the_pooler()
    {
        await using NeonSimulator simulator = await StartAsync(new() { PoolerPort = int.Parse(TestServers.Pooler!, CultureInfo.InvariantCulture) });
        using NeonClient client = ClientOf(simulator);
        NeonTenantProject project = await CreateAsync(client);

        string[] sessions = [.. await SessionsAsync(project.PoolerHost), .. await SessionsAsync(project.Host)];

        Assert.Equal(sessions[0], sessions[1]);
        Assert.Equal(3, sessions.Distinct().Count());

        async Task<string[]> SessionsAsync(string host) =>
        [
            await AskAsync(simulator, project, host, "SELECT pg_backend_pid()::text"),
            await AskAsync(simulator, project, host, "SELECT pg_backend_pid()::text"),
        ];
    }

    private static Task<NeonSimulator> StartAsync(SimulatorOptions options) => NeonSimulator.StartAsync(options with
    {
        Postgres = TestServers.Postgres,
        OperationTime = options.OperationTime == new SimulatorOptions().OperationTime ? TimeSpan.Zero : options.OperationTime,
    });

    private static NeonClient ClientOf(NeonSimulator simulator) => new(
        new NeonOptions { ApiKey = simulator.ApiKey, ApiAddress = simulator.Address, OrgId = simulator.OrgId, RegionId = "aws-eu-central-1" },
        TimeProvider.System,
        NullLogger<NeonClient>.Instance);

    private static async Task ChangeAsync(NeonClient client, NeonTenantProject project, bool disabled) =>
        await client.UpdateEndpointAsync(project.ProjectId, project.EndpointId, new NeonEndpointUpdate { Disabled = disabled }, CancellationToken.None);

    // As whoever holds the account can; the product has no call for it.
    private static async Task RecoverAsync(NeonSimulator simulator, NeonTenantProject project)
    {
        using HttpClient http = new() { DefaultRequestHeaders = { Authorization = new("Bearer", simulator.ApiKey) } };
        using HttpResponseMessage answer = await http.PostAsync(new Uri($"{simulator.Address}/projects/{project.ProjectId}/recover"), content: null);
        answer.EnsureSuccessStatusCode();
    }

    private static async Task<NpgsqlConnection> OpenAsync(NeonSimulator simulator, NeonTenantProject project, string host)
    {
        NpgsqlConnection connection = new(new NpgsqlConnectionStringBuilder
        {
            Host = host,
            Port = simulator.Port,
            Database = project.Database,
            Username = project.Role,
            Password = project.Password,
            ApplicationName = "simulator-tests",
            SslMode = SslMode.Prefer,
            Pooling = false,
        }.ConnectionString);
        try
        {
            await connection.OpenAsync();
            return connection;
        }
        catch
        {
            await connection.DisposeAsync();
            throw;
        }
    }

    private static async Task<string> AskAsync(NeonSimulator simulator, NeonTenantProject project, string host, string sql)
    {
        await using NpgsqlConnection connection = await OpenAsync(simulator, project, host);
        await using NpgsqlCommand command = new(sql, connection);
        await using NpgsqlDataReader reader = await command.ExecuteReaderAsync();
        await reader.ReadAsync();
        return reader.GetString(0);
    }

    private async Task<NeonTenantProject> CreateAsync(NeonClient client)
    {
        NeonTenantProject project = await client.CreateProjectAsync(new NeonProjectPlan(_name, _name + "_owner", _name), resumed: false, CancellationToken.None);
        await client.WaitAsync(project.ProjectId, project.Operations, Soon, CancellationToken.None);
        return project;
    }

    private async Task<int> LeftAsync()
    {
        await using NpgsqlConnection connection = new(TestServers.Postgres);
        await connection.OpenAsync();
        await using NpgsqlCommand command = new(
            "SELECT (SELECT count(*) FROM pg_database WHERE datname LIKE $1) + (SELECT count(*) FROM pg_roles WHERE rolname LIKE $1)", connection)
        {
            Parameters = { new() { Value = _name + "%" } },
        };
        return (int)(long)(await command.ExecuteScalarAsync())!;
    }
}
