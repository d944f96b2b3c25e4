using System.Security.Cryptography;
using System.Text;
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
using Microsoft.Extensions.Hosting;
using Npgsql;

namespace Freehold.Integration.Tests.Fixtures;

/// <summary>
/// A Freehold of its own for one test class: a catalog that nobody shares, on the common servers. Tenants' names are unique over
/// all of them, since they share one storage account.
/// </summary>
public sealed class FreeholdFixture : IAsyncLifetime
{
    private readonly string _catalog = $"freehold_test_{Guid.NewGuid():N}";
    private ServiceProvider? _services;

    public T Get<T>()
        where T : notnull => _services!.GetRequiredService<T>();

    public static string AdminKey { get; } = KeyText.Generate();

    public async Task InitializeAsync()
    {
        if (TestServers.Missing is null)
        {
            _services = Build([]);
            await Get<CatalogMigration>().MigrateAsync(default);
            await Get<DocumentBlobs>().CreateContainerAsync(default);
        }
    }

    public async Task DisposeAsync()
    {
        if (_services is not null)
        {
            await RemoveTenantsAsync();
            await _services.DisposeAsync();
            NpgsqlConnection.ClearAllPools();
            await ExecuteAsync($"drop database if exists {_catalog} with (force)");
        }
    }

    /// <summary>Another host on the same catalog, with other settings.</summary>
    public ServiceProvider Build(Dictionary<string, string?> settings, Action<IServiceCollection>? replace = null) =>
        Compose(Settings(settings), replace);

    /// <summary>All settings of a host on the same catalog.</summary>
    public Dictionary<string, string?> Settings(Dictionary<string, string?> settings)
    {
        NpgsqlConnectionStringBuilder catalog = new(TestServers.Postgres) { Database = _catalog };
        Dictionary<string, string?> all = new()
        {
            ["Catalog:ConnectionString"] = catalog.ConnectionString,
            ["Provisioning:Postgres:ConnectionString"] = TestServers.Postgres,
            ["Storage"] = TestServers.Storage,
            ["Tenants:AdminKeySha256"] = Convert.ToHexString(SHA256.HashData(Encoding.UTF8.GetBytes(AdminKey))),
            ["Tenants:CredentialKeys:0:Id"] = "test",
            ["Tenants:CredentialKeys:0:Key"] = Convert.ToBase64String(new byte[32]),
            ["Tenants:CertificateKeys:0:Id"] = "test",
            ["Tenants:CertificateKeys:0:Key"] = Convert.ToBase64String([.. new byte[31], 1]),
            ["Tenants:KeyCacheLifetime"] = "00:00:00.001",
            ["Provisioning:WarmPool:Size"] = "0",
        };
        foreach ((string name, string? value) in settings)
        {
            all[name] = value;
        }

        return all;
    }

    /// <summary>What a host consists of.</summary>
    public static ServiceProvider Compose(Dictionary<string, string?> settings, Action<IServiceCollection>? replace = null)
    {
        IConfiguration configuration = new ConfigurationBuilder().AddInMemoryCollection(settings).Build();
        ServiceCollection services = new();
        replace?.Invoke(services);
        services.AddLogging()
            .AddTenants(configuration).AddUsage(configuration).AddPostgres(configuration).AddStorage(configuration).AddAi(configuration)
            .AddMigration().AddProvisioning(configuration).AddIngestion(configuration).AddRetrieval(configuration)
            .AddAnswers(configuration);
        return services.BuildServiceProvider();
    }

    /// <summary>Another host, whose server for tenants' databases cannot be reached.</summary>
    public ServiceProvider BuildWithoutServer(int maxAttempts = 10) => Build(new()
    {
        ["Provisioning:Postgres:ConnectionString"] =
            new NpgsqlConnectionStringBuilder(TestServers.Postgres) { Port = 1, Timeout = 2 }.ConnectionString,
        ["Provisioning:MaxAttempts"] = maxAttempts.ToString(System.Globalization.CultureInfo.InvariantCulture),
        ["Provisioning:FirstBackoff"] = "00:00:00.01",
    });

    public static T Get<T>(IServiceProvider host)
        where T : notnull => host.GetRequiredService<T>();

    /// <summary>A service that a host would start; here it stands still.</summary>
    public static T Hosted<T>(IServiceProvider host) => host.GetServices<IHostedService>().OfType<T>().Single();

    /// <summary>A tenant that is active.</summary>
    public async Task<TenantPlacement> ProvisionAsync(string plan = "enterprise")
    {
        string id = "t" + Guid.NewGuid().ToString("N")[..16];
        CreatedTenant created = await Get<CreateTenant>().RunAsync(new NewTenant(id, Plan: plan), Caller.Admin(), TimeSpan.FromSeconds(30), default);
        Assert.True(created.Active);
        return await PlacementAsync(created.Tenant);
    }

    public async Task<TenantPlacement> PlacementAsync(TenantId id) => (await Get<TenantCatalog>().FindPlacementAsync(id, default))!;

    /// <summary>Deletes a tenant without a grace period, as a host would.</summary>
    public async Task EraseAsync(TenantId id)
    {
        StartedOperation deletion = await Get<DeleteTenant>().RunAsync(id, purge: true, Caller.Admin(), TimeSpan.Zero, default);
        await Get<RunOperation>().RunAsync(deletion.Id, default);
    }

    /// <summary>Uploads a document and takes it in, as a host would.</summary>
    public async Task<DocumentStatus> IngestAsync(TenantPlacement tenant, string path, string text)
    {
        await UploadAsync(tenant, path, text);
        await Get<ChunkDocument>().RunAsync(tenant, DocumentPath.Parse(path), default);
        return (await StatusAsync(tenant, path))!;
    }

    public async Task UploadAsync(TenantPlacement tenant, string path, string text)
    {
        byte[] bytes = Encoding.UTF8.GetBytes(text);
        await Get<UploadDocument>().RunAsync(tenant, DocumentPath.Parse(path), new MemoryStream(bytes), new UploadTerms(bytes.Length), default);
    }

    public Task<DocumentStatus?> StatusAsync(TenantPlacement tenant, string path) =>
        Get<Manifest>().FindAsync(tenant.Uid, DocumentPath.Parse(path), default);

    public async Task<IReadOnlyList<Freehold.Retrieval.Passage>> SearchAsync(TenantPlacement tenant, string query, string mode = "lexical", int limit = 10) =>
        (await Get<SearchChunks>().RunAsync(tenant, new SearchRequest(query, limit, mode), default)).Passages;

    /// <summary>What a wake-up does.</summary>
    public Task<bool> LookAtAsync(TenantPlacement tenant, string path) =>
        Get<ChunkDocument>().RunAsync(tenant, DocumentPath.Parse(path), default);

    /// <summary>Writes a blob past the API, as any storage client does.</summary>
    public async Task WriteBlobAsync(TenantPlacement tenant, string path, string text) => await Get<DocumentBlobs>().UploadAsync(
        tenant.Id, DocumentPath.Parse(path), new MemoryStream(Encoding.UTF8.GetBytes(text)), new BlobUpload("application/octet-stream"), default);

    /// <summary>The corpus statistics count exactly the passages that are there, each with its vector.</summary>
    public async Task AssertStatisticsAsync(TenantPlacement tenant, int chunks)
    {
        Assert.Equal((long)chunks, await ScalarAsync<long>(tenant, "select count(*) from chunks"));
        Assert.Equal((long)chunks, await ScalarAsync<long>(tenant, "select count(*) from embeddings"));
        Assert.Equal((decimal)chunks, await ScalarAsync<decimal>(tenant, "select sum(chunks) from corpus_statistics"));
        Assert.True(await ScalarAsync<bool>(
            tenant, "select (select sum(length) from corpus_statistics) = (select coalesce(sum(length), 0) from chunks)"));
    }

    /// <summary>One value from the tenant's own database.</summary>
    public async Task<T> ScalarAsync<T>(TenantPlacement tenant, string sql)
    {
        await using TenantConnection connection = await Get<TenantDataSources>().OpenAsync(tenant, WakeCause.Search, default);
        await using NpgsqlCommand command = new(sql, connection.Connection);
        return (T)(await command.ExecuteScalarAsync())!;
    }

    /// <summary>Connection string with which the tenant's runtime role enters a database.</summary>
    public string ConnectionString(TenantPlacement tenant, string? database = null) => new NpgsqlConnectionStringBuilder
    {
        Host = tenant.Host,
        Port = tenant.Port!.Value,
        Database = database ?? tenant.Database,
        Username = tenant.Role,
        Password = Get<CredentialCipher>().Open(tenant.Uid, tenant.EncryptedPassword),
        Pooling = false,
    }.ConnectionString;

    /// <summary>As superuser, in the database <c>postgres</c>.</summary>
    public static async Task ExecuteAsync(string sql)
    {
        await using NpgsqlConnection connection = new(new NpgsqlConnectionStringBuilder(TestServers.Postgres) { Pooling = false }.ConnectionString);
        await connection.OpenAsync();
        await using NpgsqlCommand command = new(sql, connection);
        await command.ExecuteNonQueryAsync();
    }

    /// <summary>One value, as superuser, in the database <c>postgres</c>.</summary>
    public static async Task<T> ServerScalarAsync<T>(string sql)
    {
        await using NpgsqlConnection connection = new(new NpgsqlConnectionStringBuilder(TestServers.Postgres) { Pooling = false }.ConnectionString);
        await connection.OpenAsync();
        await using NpgsqlCommand command = new(sql, connection);
        return (T)(await command.ExecuteScalarAsync())!;
    }

    /// <summary>Waits until something holds that the server does a moment later.</summary>
    public static async Task EventuallyAsync(Func<Task<bool>> condition)
    {
        for (int i = 0; i < 200 && !await condition(); i++)
        {
            await Task.Delay(50);
        }

        Assert.True(await condition());
    }

    /// <summary>Name of the catalog's database.</summary>
    public string CatalogDatabaseName => _catalog;

    /// <summary>All that a provider has of this installation.</summary>
    internal async Task<DatabaseInventory> ListAsync(IDatabaseProvider provider)
    {
        string mark = await Get<InstallationMark>().FindAsync(default);
        List<string> databases = [];
        List<string> roles = [];
        string? after = null;
        do
        {
            InventoryPage page = await provider.ListAsync(mark, after, default);
            databases.AddRange(page.Databases);
            roles.AddRange(page.Roles);
            after = page.Next;
        }
        while (after is not null);
        return new DatabaseInventory(databases, roles);
    }

    /// <summary>Every database and role of this installation, whoever they belong to.</summary>
    private async Task RemoveTenantsAsync()
    {
        PostgresProvider provider = Get<PostgresProvider>();
        DatabaseInventory left = await ListAsync(provider);
        foreach (string database in left.Databases)
        {
            await provider.DropDatabaseAsync(database, default);
        }

        foreach (string role in left.Roles)
        {
            await provider.Roles.DropAsync(null, role, default);
        }
    }
}
