using Freehold.Ingestion;
using Freehold.Neon.Simulator;
using Freehold.Provisioning;
using Freehold.Retrieval;
using Freehold.Storage;
using Freehold.Tenants;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;

namespace Freehold.Integration.Tests.Fixtures;

/// <summary>
/// A Freehold of its own whose tenants have projects at a simulated Neon, on the common server and behind its pooler where there is one.
/// </summary>
public sealed class NeonFixture : IAsyncLifetime
{
    private ServiceProvider? _host;

    /// <summary>The catalog, and a host whose tenants are on the server itself.</summary>
    public FreeholdFixture Freehold { get; } = new();

    public NeonSimulator Neon { get; private set; } = null!;

    /// <summary>By which Neon's operations end.</summary>
    public TimeProvider NeonTime { get; init; } = TimeProvider.System;

    /// <summary>A host that makes tenants at Neon.</summary>
    public ServiceProvider Host => _host!;

    public async Task InitializeAsync()
    {
        await Freehold.InitializeAsync();
        if (TestServers.Missing is null)
        {
            Neon = await NeonSimulator.StartAsync(new SimulatorOptions
            {
                Postgres = TestServers.Postgres,
                PoolerPort = TestServers.Pooler is { } port ? int.Parse(port, System.Globalization.CultureInfo.InvariantCulture) : null,
                Time = NeonTime,
                OperationTime = TimeSpan.FromMilliseconds(5),
                ColdStart = TimeSpan.FromMilliseconds(20),
                RecoveryWindow = TimeSpan.Zero,
            });
            (Neon.Rates.PerMinute, Neon.Rates.PerSecondAndRoute) = (100_000, 10_000);
            _host = Build([]);
        }
    }

    public async Task DisposeAsync()
    {
        if (_host is not null)
        {
            await _host.DisposeAsync();
            await Neon.DisposeAsync();
        }

        await Freehold.DisposeAsync();
    }

    public T Get<T>()
        where T : notnull => Host.GetRequiredService<T>();

    /// <summary>Another host on the same catalog and the same Neon, with other settings.</summary>
    public ServiceProvider Build(Dictionary<string, string?> settings, Action<IServiceCollection>? replace = null) =>
        FreeholdFixture.Compose(Settings(settings), replace);

    /// <summary>All settings of such a host. It has no server of its own for tenants.</summary>
    public Dictionary<string, string?> Settings(Dictionary<string, string?> settings)
    {
        Dictionary<string, string?> all = Freehold.Settings(new()
        {
            ["Provisioning:Provider"] = "neon",
            ["Provisioning:FirstBackoff"] = "00:00:00.01",
            ["Provisioning:Neon:ApiKey"] = Neon.ApiKey,
            ["Provisioning:Neon:ApiAddress"] = Neon.Address.AbsoluteUri,
            ["Provisioning:Neon:OrgId"] = Neon.OrgId,
            ["Provisioning:Neon:RegionId"] = "aws-eu-central-1",
            ["Provisioning:Neon:Port"] = Neon.Port.ToString(System.Globalization.CultureInfo.InvariantCulture),
            ["Provisioning:Neon:SslMode"] = "Disable",
            ["Provisioning:Neon:RequestsPerMinute"] = "100000",
            ["Provisioning:Neon:RequestsPerSecondAndRoute"] = "10000",
            ["Provisioning:Neon:FirstPause"] = "00:00:00.01",
            ["Provisioning:Neon:LongestPause"] = "00:00:00.1",
            ["Provisioning:Neon:SettlePause"] = "00:00:00.01",
        });
        all.Remove("Provisioning:Postgres:ConnectionString");
        foreach ((string name, string? value) in settings)
        {
            all[name] = value;
        }

        return all;
    }

    /// <summary>A tenant that is active.</summary>
    public async Task<TenantPlacement> ProvisionAsync(IServiceProvider? host = null, string plan = "enterprise")
    {
        CreatedTenant created = await (host ?? Host).GetRequiredService<CreateTenant>().RunAsync(
            new NewTenant(NewId(), Plan: plan), Caller.Admin(), TimeSpan.FromSeconds(30), default);
        for (int again = 0; !created.Active && again < 5 && (await Freehold.PlacementAsync(created.Tenant)).State == TenantState.Provisioning; again++)
        {
            // In one cluster, roles of several projects get in each other's way.
            await RunDueAsync(created.Operation, host);
        }

        TenantPlacement tenant = await Freehold.PlacementAsync(created.Tenant);
        string failure = await CatalogAsync<string>($"select coalesce(step || ': ' || failure, '') from catalog.operations where id = '{created.Operation}'");
        Assert.True(tenant.State == TenantState.Active, failure);
        return tenant;
    }

    public static string NewId() => "n" + Guid.NewGuid().ToString("N")[..16];

    /// <summary>The project of a tenant's database.</summary>
    public Task<string> ProjectAsync(TenantPlacement tenant) =>
        CatalogAsync<string>($"select project_id from catalog.neon_projects where database_name = '{tenant.Database}'");

    /// <summary>Takes a document in, as a host would.</summary>
    public async Task IngestAsync(TenantPlacement tenant, string path, string text)
    {
        await Freehold.UploadAsync(tenant, path, text);
        await Get<ChunkDocument>().RunAsync(tenant, DocumentPath.Parse(path), default);
    }

    public async Task<IReadOnlyList<Passage>> SearchAsync(TenantPlacement tenant, string query) =>
        (await Get<SearchChunks>().RunAsync(tenant, new SearchRequest(query, 10, "lexical"), default)).Passages;

    /// <summary>Has one operation done, as a host does that finds it due.</summary>
    public async Task RunDueAsync(Guid operation, IServiceProvider? host = null)
    {
        await CatalogAsync<object>($"update catalog.operations set next_attempt_at = now() where id = '{operation}' and next_attempt_at > now() returning 1");
        await (host ?? Host).GetRequiredService<RunOperation>().RunAsync(operation, default);
    }

    public Task<string> StateAsync(Guid operation) => CatalogAsync<string>($"select state from catalog.operations where id = '{operation}'");

    /// <summary>Why an operation failed, or has failed so far.</summary>
    public Task<string> FailureAsync(Guid operation) => CatalogAsync<string>($"select failure from catalog.operations where id = '{operation}'");

    /// <summary>One value from the catalog.</summary>
    public async Task<T> CatalogAsync<T>(string sql)
    {
        await using NpgsqlCommand command = Freehold.Get<CatalogDatabase>().Command(sql);
        return await command.ExecuteScalarAsync() is T value ? value : default!;
    }

    /// <summary>Every project is somebody's, under a name that no other has, and the other way round.</summary>
    public async Task AssertEveryProjectIsOwnedAsync()
    {
        string[] owned = await CatalogAsync<string[]>(
            """
            select array_agg(name order by name collate "C") from (
                select database_name as name from catalog.tenants where state <> 'deleted' and provider = 'neon' union all
                select database_name from catalog.spare_databases where provider = 'neon') names
            """) ?? [];
        string[] known = await CatalogAsync<string[]>(
            "select array_agg(database_name order by database_name collate \"C\") from catalog.neon_projects") ?? [];
        Assert.Equal(owned, known);
        Assert.Equal(owned, Neon.Projects.Values.Order(StringComparer.Ordinal));
    }
}
