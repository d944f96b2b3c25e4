using Freehold.Ingestion;
using Freehold.Integration.Tests.Fixtures;
using Freehold.Migration;
using Freehold.Provisioning;
using Freehold.Retrieval;
using Freehold.Storage;
using Freehold.Tenants;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;

namespace Freehold.Integration.Tests.Regions;

/// <summary>
/// Hosts of two regions at one catalog, each with a storage account, a work store and a credential key of its own, and with what it takes to
/// fetch tenants from the other.
/// </summary>
public sealed class TwoRegions : IAsyncLifetime
{
    private readonly string _work = $"freehold_work_{Guid.NewGuid():N}";

    public FreeholdFixture Freehold { get; } = new();

    /// <summary>Its work store lies beside the catalog.</summary>
    public ServiceProvider West { get; private set; } = null!;

    public ServiceProvider East { get; private set; } = null!;

    public async Task InitializeAsync()
    {
        await Freehold.InitializeAsync();
        if (TestServers.Missing is null)
        {
            West = Build("west", []);
            East = Build("east", []);
            foreach (ServiceProvider host in (ServiceProvider[])[West, East])
            {
                await Get<CatalogMigration>(host).MigrateAsync(default);
                await Get<DocumentBlobs>(host).CreateContainerAsync(default);
            }
        }
    }

    public async Task DisposeAsync()
    {
        if (TestServers.Missing is null)
        {
            await West.DisposeAsync();
            await East.DisposeAsync();
            await FreeholdFixture.ExecuteAsync($"drop database {_work} with (force)");
        }

        await Freehold.DisposeAsync();
    }

    public ServiceProvider Build(string region, Dictionary<string, string?> settings) => Freehold.Build(Settings(region, settings));

    /// <summary>Settings of a host of the region, with these among them.</summary>
    public Dictionary<string, string?> Settings(string region, Dictionary<string, string?> settings)
    {
        Dictionary<string, string?> all = new(OfRegion(region))
        {
            ["Region"] = region,
            ["Tenants:DefaultRegion"] = "west",
            ["Regions:0:Name"] = "west",
            ["Regions:0:Address"] = "https://west.example/api",
            ["Regions:1:Name"] = "east",
            ["Regions:1:Address"] = "https://east.example/api",
            ["Moves:LateUploads"] = "00:00:00",
        };
        string other = region == "west" ? "east" : "west";
        all["Moves:From:0:Region"] = other;
        foreach ((string name, string? value) in OfRegion(other))
        {
            all[$"Moves:From:0:{name}"] = value;
        }

        foreach ((string name, string? value) in settings)
        {
            all[name] = value;
        }

        return all;
    }

    private Dictionary<string, string?> OfRegion(string region) => new()
    {
        ["Provisioning:Postgres:ConnectionString"] = TestServers.Postgres,
        ["Storage"] = region == "west" ? TestServers.Storage : TestServers.StorageElsewhere,
        ["WorkStore:ConnectionString"] = region == "west"
            ? null
            : new NpgsqlConnectionStringBuilder(TestServers.Postgres) { Database = _work }.ConnectionString,
        ["Tenants:CredentialKeys:0:Id"] = region,
        ["Tenants:CredentialKeys:0:Key"] = Convert.ToBase64String([.. new byte[31], region == "west" ? (byte)1 : (byte)2]),
    };

    public static T Get<T>(IServiceProvider host)
        where T : notnull => host.GetRequiredService<T>();

    public async Task<TenantPlacement> ProvisionAsync(ServiceProvider host, string region)
    {
        CreatedTenant created = await Get<CreateTenant>(host).RunAsync(
            new NewTenant($"t{Guid.NewGuid():N}"[..16], Region: region, Plan: "enterprise"), Caller.Admin(), TimeSpan.FromSeconds(30), default);
        Assert.True(created.Active);
        return await Freehold.PlacementAsync(created.Tenant);
    }

    public static async Task UploadAsync(IServiceProvider host, TenantPlacement tenant, string path, string text, string? metadata = null)
    {
        byte[] bytes = System.Text.Encoding.UTF8.GetBytes(text);
        UploadTerms terms = new(bytes.Length)
        {
            Metadata = metadata is null ? null : DocumentMetadata.Of(System.Text.Json.JsonElement.Parse(metadata)),
        };
        await Get<UploadDocument>(host).RunAsync(tenant, DocumentPath.Parse(path), new MemoryStream(bytes), terms, default);
    }

    /// <summary>Uploads a document and takes it in, as a host would.</summary>
    public static async Task IngestAsync(IServiceProvider host, TenantPlacement tenant, string path, string text, string? metadata = null)
    {
        await UploadAsync(host, tenant, path, text, metadata);
        await TakeInAsync(host, tenant, path);
    }

    public static Task<bool> TakeInAsync(IServiceProvider host, TenantPlacement tenant, string path) =>
        Get<ChunkDocument>(host).RunAsync(tenant, DocumentPath.Parse(path), default);

    public static Task<DocumentStatus?> StatusAsync(IServiceProvider host, TenantPlacement tenant, string path) =>
        Get<Manifest>(host).FindAsync(tenant.Uid, DocumentPath.Parse(path), default);

    public static async Task<IReadOnlyList<Passage>> SearchAsync(IServiceProvider host, TenantPlacement tenant, string query) =>
        (await Get<SearchChunks>(host).RunAsync(tenant, new SearchRequest(query, 10, "lexical"), default)).Passages;

    /// <summary>Each document's state in the host's work store, in a line, for who looks for the reason of a failure.</summary>
    public static async Task<string> StatesAsync(IServiceProvider host, TenantPlacement tenant)
    {
        await using NpgsqlCommand command = Get<WorkStore>(host).Command(
            $"""
            select coalesce(string_agg(concat_ws(' ', path, state, 'attempts', attempts, 'due in', next_attempt_at - now(), failure_reason), '; ' order by path), 'no documents')
            from work.documents where tenant_uid = '{tenant.Uid}'
            """);
        return (string)(await command.ExecuteScalarAsync())!;
    }

    /// <summary>What storage holds of a tenant in the host's region, by path.</summary>
    public static async Task<Dictionary<string, string>> BlobsAsync(IServiceProvider host, TenantPlacement tenant)
    {
        Dictionary<string, string> blobs = [];
        await foreach (IReadOnlyList<(DocumentPath Path, BlobVersion Version)> page in Get<DocumentBlobs>(host).PagesAsync(tenant.Id, default))
        {
            foreach ((DocumentPath path, BlobVersion version) in page)
            {
                blobs.Add(path.Value, version.ETag);
            }
        }

        return blobs;
    }

    public static async Task<long> CountWorkAsync(IServiceProvider host, TenantPlacement tenant)
    {
        await using NpgsqlCommand command = Get<WorkStore>(host).Command(
            $"""
            select (select count(*) from work.documents where tenant_uid = '{tenant.Uid}')
                + (select count(*) from work.removed_documents where tenant_uid = '{tenant.Uid}')
                + (select count(*) from work.copied_blobs where tenant_uid = '{tenant.Uid}')
            """);
        return (long)(await command.ExecuteScalarAsync())!;
    }

    /// <summary>One value from the catalog.</summary>
    public async Task<T> CatalogAsync<T>(string sql)
    {
        await using NpgsqlCommand command = Freehold.Get<CatalogDatabase>().Command(sql);
        return await command.ExecuteScalarAsync() is T value ? value : default!;
    }

    /// <summary>Has a host carry an operation out, if it is due and the host's region's.</summary>
    public async Task RunDueAsync(ServiceProvider host, Guid operation)
    {
        await CatalogAsync<object>($"update catalog.operations set next_attempt_at = now() where id = '{operation}' and next_attempt_at > now() returning 1");
        await Get<RunOperation>(host).RunAsync(operation, default);
    }

    /// <summary>The state of an operation, with its step, and why it failed.</summary>
    public Task<string> StateAsync(Guid operation) => CatalogAsync<string>(
        $"select concat_ws(' ', state, step, failure) from catalog.operations where id = '{operation}'");
}
