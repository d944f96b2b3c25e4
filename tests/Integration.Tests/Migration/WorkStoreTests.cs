using System.Buffers.Text;
using System.Text.Json;
using Freehold.Ingestion;
using Freehold.Integration.Tests.Fixtures;
using Freehold.Migration;
using Freehold.Provisioning;
using Freehold.Provisioning.Certificates;
using Freehold.Provisioning.Fleet;
using Freehold.Provisioning.ModelChange;
using Freehold.Storage;
using Freehold.Tenants;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;

namespace Freehold.Integration.Tests.Migration;

/// <summary>A work store that is not in the catalog's database.</summary>
public sealed class WorkStoreTests(FreeholdFixture freehold) : IClassFixture<FreeholdFixture>, IAsyncLifetime
{
    private const string Schema =
        """
        select string_agg(line, e'\n' order by line) from (
            select concat_ws(' ', 'column', c.relname, a.attname, format_type(a.atttypid, a.atttypmod), a.attnotnull, pg_get_expr(d.adbin, d.adrelid))
            from pg_attribute a join pg_class c on c.oid = a.attrelid left join pg_attrdef d on d.adrelid = c.oid and d.adnum = a.attnum
            where c.relnamespace = 'work'::regnamespace and c.relkind = 'r' and a.attnum > 0 and not a.attisdropped
            union all select concat_ws(' ', 'relation', relname, relkind, reloptions) from pg_class where relnamespace = 'work'::regnamespace
            union all select concat_ws(' ', 'index', indexdef) from pg_indexes where schemaname = 'work'
            union all select concat_ws(' ', 'constraint', conrelid::regclass, conname, pg_get_constraintdef(oid)) from pg_constraint
                where connamespace = 'work'::regnamespace and contype <> 'n'
            union all select concat_ws(' ', 'function', pg_get_functiondef(oid), proacl) from pg_proc where pronamespace = 'work'::regnamespace
            union all select concat_ws(' ', 'trigger', pg_get_triggerdef(t.oid)) from pg_trigger t join pg_class c on c.oid = t.tgrelid
                where c.relnamespace = 'work'::regnamespace
            union all select concat_ws(' ', 'sequence', sequencename, data_type, start_value, increment_by, max_value, cycle) from pg_sequences
                where schemaname = 'work'
            union all select concat_ws(' ', 'sweeps', count(*)::text) from work.sweeps) as of_schema (line)
        """;

    private readonly string _database = $"freehold_work_{Guid.NewGuid():N}";
    private ServiceProvider? _host;

    public async Task InitializeAsync()
    {
        if (TestServers.Missing is null)
        {
            _host = freehold.Build(new()
            {
                ["WorkStore:ConnectionString"] = ConnectionString,
                ["Ai:Models:0:Id"] = WordServer.Model,
                ["Ai:Models:0:Provider"] = "OpenAI",
                ["Ai:Models:0:Endpoint"] = "http://127.0.0.1:1/v1",
                ["Ai:Models:0:Dimensions"] = $"{WordServer.Dimensions}",
            });
            await FreeholdFixture.Get<CatalogMigration>(_host).MigrateAsync(default);
        }
    }

    public async Task DisposeAsync()
    {
        if (_host is not null)
        {
            await _host.DisposeAsync();
            await FreeholdFixture.ExecuteAsync($"drop database {_database} with (force)");
        }
    }

    [ServerFact]
    public async Task Work_store_has_the_same_schema_beside_the_catalog_and_elsewhere()
    {
        string elsewhere = await ReadAsync<string>(FreeholdFixture.Get<WorkStore>(_host!).Command(Schema));

        Assert.Equal(await ReadAsync<string>(freehold.Get<CatalogDatabase>().Command(Schema)), elsewhere);
        Assert.Contains("turn_at", elsewhere, StringComparison.Ordinal);
        Assert.Equal("work,public", await ReadAsync<string>(FreeholdFixture.Get<WorkStore>(_host!).Command(
            "select string_agg(nspname, ',' order by nspname desc) from pg_namespace where nspname !~ '^(pg_|information_schema)'")));
    }

    [ServerFact]
    public async Task Work_store_that_is_named_and_is_the_catalogs_database_lies_beside_it()
    {
        Dictionary<string, string?> settings = freehold.Settings([]);
        await using ServiceProvider host = freehold.Build(new() { ["WorkStore:ConnectionString"] = settings["Catalog:ConnectionString"] });

        await FreeholdFixture.Get<CatalogMigration>(host).MigrateAsync(default);

        Assert.Null(FreeholdFixture.Get<WorkStore>(host).ConnectionString);
    }

    [ServerFact]
    public async Task Tenant_lives_and_is_erased_while_the_catalog_holds_no_path_of_it()
    {
        CreatedTenant created = await Get<CreateTenant>().RunAsync(
            new NewTenant($"t{Guid.NewGuid():N}"[..16], Plan: "enterprise"), Caller.Admin(), TimeSpan.FromSeconds(30), default);
        TenantPlacement tenant = await freehold.PlacementAsync(created.Tenant);
        DocumentPath path = DocumentPath.Parse("shed/bicycle.txt");
        await Get<UploadDocument>().RunAsync(tenant, path, new MemoryStream("The blue bicycle."u8.ToArray()), new UploadTerms(17), default);
        await Get<ChunkDocument>().RunAsync(tenant, path, default);

        Assert.Equal(DocumentStates.Ready, (await Get<Manifest>().FindAsync(tenant.Uid, path, default))!.State);
        Assert.Single(await freehold.SearchAsync(tenant, "bicycle"));
        Assert.Equal(1, (await Get<EstimateModelChange>().RunAsync(tenant.Id, WordServer.Model, default)).Chunks);
        Assert.Equal(1, (await Get<DescribeFleet>().RunAsync(default)).Documents["ready"]);

        StartedOperation deletion = await Get<DeleteTenant>().RunAsync(tenant.Id, purge: true, Caller.Admin(), TimeSpan.FromSeconds(30), default);

        using JsonDocument certificate = JsonDocument.Parse((await Get<DeletionCertificates>().FindAsync(deletion.Id, default))!);
        using JsonDocument payload = JsonDocument.Parse(Base64Url.DecodeFromChars(certificate.RootElement.GetProperty("payload").GetString()));
        Assert.Equal(1, payload.RootElement.GetProperty("erased").GetProperty("documents").GetInt64());
        Assert.Equal(0L, await ReadAsync<long>(Get<WorkStore>().Command("select (select count(*) from work.documents) + (select count(*) from work.removed_documents)")));
        Assert.Equal(0L, await ReadAsync<long>(freehold.Get<CatalogDatabase>().Command("select count(*) from work.claims where is_called")));
    }

    [ServerFact]
    public async Task Work_store_that_is_away_is_found_so()
    {
        await Get<WorkStore>().CheckAsync(default);
        await using ServiceProvider host = freehold.Build(new()
        {
            ["WorkStore:ConnectionString"] = new NpgsqlConnectionStringBuilder(TestServers.Postgres) { Port = 1, Timeout = 2 }.ConnectionString,
        });

        await Assert.ThrowsAnyAsync<NpgsqlException>(() => FreeholdFixture.Get<WorkStore>(host).CheckAsync(default));
    }

    private T Get<T>()
        where T : notnull => FreeholdFixture.Get<T>(_host!);

    private string ConnectionString => new NpgsqlConnectionStringBuilder(TestServers.Postgres) { Database = _database }.ConnectionString;

    private static async Task<T> ReadAsync<T>(NpgsqlCommand command)
    {
        await using (command)
        {
            return (T)(await command.ExecuteScalarAsync())!;
        }
    }
}
