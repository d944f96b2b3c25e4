using System.Security.Cryptography;
using System.Text;
using Azure.Storage.Blobs;
using Freehold.Ai;
using Freehold.Answers;
using Freehold.Ingestion;
using Freehold.Migration;
using Freehold.Postgres;
using Freehold.Provisioning;
using Freehold.Provisioning.Providers;
using Freehold.Provisioning.Providers.Postgres;
using Freehold.Retrieval;
using Freehold.Storage;
using Freehold.Tenants;
using Freehold.Usage;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;

namespace Freehold.Bench.Setup;

/// <summary>A Freehold in this process, with a catalog of its own, and the settings to start hosts on the same catalog. Leaves nothing behind.</summary>
internal sealed class Installation : IAsyncDisposable
{
    private readonly string _catalog = $"freehold_bench_{Guid.NewGuid():N}";
    private readonly ServiceProvider _services;
    private int _tenants;

    private Installation(Servers servers, BlobServiceClient? blobs, Dictionary<string, string?> settings)
    {
        Servers = servers;
        // A pool that is filled in the background would take its time from what is measured.
        Settings = new Dictionary<string, string?>(settings)
        {
            ["Provisioning:WarmPool:Size"] = settings.GetValueOrDefault("Provisioning:WarmPool:Size", "0"),
            ["Catalog:ConnectionString"] = new NpgsqlConnectionStringBuilder(servers.Postgres) { Database = _catalog }.ConnectionString,
            ["Provisioning:Postgres:ConnectionString"] = servers.Postgres,
            ["Storage"] = servers.Storage,
            ["ServiceBus"] = servers.Storage,
            ["Tenants:AdminKeySha256"] = Convert.ToHexString(SHA256.HashData(Encoding.UTF8.GetBytes(AdminKey))),
            ["Tenants:CredentialKeys:0:Id"] = "bench",
            ["Tenants:CredentialKeys:0:Key"] = Convert.ToBase64String(RandomNumberGenerator.GetBytes(32)),
            ["Tenants:CertificateKeys:0:Id"] = "bench",
            ["Tenants:CertificateKeys:0:Key"] = Convert.ToBase64String(RandomNumberGenerator.GetBytes(32)),
        };
        _services = Compose(Settings, blobs);
    }

    public Servers Servers { get; }

    /// <summary>Settings by their names in configuration.</summary>
    public IReadOnlyDictionary<string, string?> Settings { get; }

    public string AdminKey { get; } = KeyText.Generate();

    /// <summary>Makes the catalog and the template.</summary>
    /// <param name="servers">Where.</param>
    /// <param name="blobs">Storage of the use cases in this process; null for the one of the servers.</param>
    /// <param name="settings">Settings beside the necessary ones.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public static async Task<Installation> StartAsync(
        Servers servers, BlobServiceClient? blobs, Dictionary<string, string?> settings, CancellationToken cancellationToken)
    {
        Installation installation = new(servers, blobs, settings);
        await installation.Get<CatalogMigration>().MigrateAsync(cancellationToken);
        await installation.Get<PostgresProvider>().PrepareAsync(cancellationToken);
        return installation;
    }

    /// <summary>The services of a host with these settings.</summary>
    /// <param name="settings">All of them.</param>
    /// <param name="blobs">Storage in place of the one that they name.</param>
    public static ServiceProvider Compose(IEnumerable<KeyValuePair<string, string?>> settings, BlobServiceClient? blobs = null)
    {
        IConfiguration configuration = new ConfigurationBuilder().AddInMemoryCollection(settings).Build();
        ServiceCollection services = new();
        if (blobs is not null)
        {
            services.AddSingleton(blobs);
        }

        services.AddLogging()
            .AddTenants(configuration).AddUsage(configuration).AddPostgres(configuration).AddStorage(configuration).AddAi(configuration)
            .AddMigration().AddProvisioning(configuration).AddIngestion(configuration).AddRetrieval(configuration)
            .AddAnswers(configuration);
        return services.BuildServiceProvider();
    }

    public T Get<T>()
        where T : notnull => _services.GetRequiredService<T>();

    /// <summary>A tenant that is active, and has no limits.</summary>
    public Task<TenantPlacement> ProvisionAsync(CancellationToken cancellationToken) => ProvisionAsync("enterprise", cancellationToken);

    /// <summary>A tenant that is active, on that plan.</summary>
    public async Task<TenantPlacement> ProvisionAsync(string plan, CancellationToken cancellationToken)
    {
        string id = $"bench-{Interlocked.Increment(ref _tenants)}-{RandomNumberGenerator.GetHexString(8, lowercase: true)}";
        CreatedTenant created = await Get<CreateTenant>().RunAsync(new NewTenant(id, Plan: plan), Caller.Admin(), TimeSpan.FromSeconds(60), cancellationToken);
        return created.Active
            ? (await Get<TenantCatalog>().FindPlacementAsync(created.Tenant, cancellationToken))!
            : throw new InvalidOperationException($"The tenant {id} did not become active.");
    }

    /// <summary>A key that opens the tenant's routes.</summary>
    public async Task<string> MakeKeyAsync(TenantPlacement tenant, CancellationToken cancellationToken) =>
        (await Get<ApiKeys>().CreateAsync(tenant.Id, "bench", null, null, cancellationToken)).Secret!;

    /// <summary>Connection string with which the tenant's runtime role enters its database.</summary>
    public string ConnectionString(TenantPlacement tenant) => new NpgsqlConnectionStringBuilder
    {
        Host = tenant.Host,
        Port = tenant.Port!.Value,
        Database = tenant.Database,
        Username = tenant.Role,
        Password = Get<CredentialCipher>().Open(tenant.Uid, tenant.EncryptedPassword),
        Pooling = false,
    }.ConnectionString;

    /// <summary>Drops a tenant's database. The catalog keeps the tenant.</summary>
    public async Task RemoveAsync(TenantPlacement tenant, CancellationToken cancellationToken)
    {
        Get<TenantDataSources>().Close(tenant.Uid);
        await Get<PostgresProvider>().RemoveAsync(tenant.Database!, tenant.Role!, cancellationToken);
    }

    /// <summary>Whatever has happened, even an interruption, the databases go.</summary>
    public async ValueTask DisposeAsync()
    {
        PostgresProvider provider = Get<PostgresProvider>();
        string mark = await Get<InstallationMark>().FindAsync(CancellationToken.None);
        string? after = null;
        do
        {
            InventoryPage left = await provider.ListAsync(mark, after, CancellationToken.None);
            after = left.Next;
            Report.Tell($"dropping {left.Databases.Count} databases");

            // Every dropping of a database asks for a checkpoint; those of one moment share it.
            await Parallel.ForEachAsync(left.Databases, async (database, _) => await provider.DropDatabaseAsync(database, CancellationToken.None));
            await Parallel.ForEachAsync(left.Roles, async (role, _) => await provider.Roles.DropAsync(null, role, CancellationToken.None));
        }
        while (after is not null);
        await _services.DisposeAsync();
        await Servers.ExecuteAsync($"drop database if exists {_catalog} with (force)", CancellationToken.None);
    }
}
