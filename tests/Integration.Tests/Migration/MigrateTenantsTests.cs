using System.Text;
using Freehold.Ai;
using Freehold.Ingestion;
using Freehold.Integration.Tests.Fixtures;
using Freehold.Migration;
using Freehold.Postgres;
using Freehold.Provisioning;
using Freehold.Provisioning.Providers;
using Freehold.Provisioning.Providers.Postgres;
using Freehold.Storage;
using Freehold.Tenants;
using Npgsql;

namespace Freehold.Integration.Tests.Migration;

/// <summary>Tenants that an earlier version of this program made.</summary>
public sealed class MigrateTenantsTests(FreeholdFixture freehold) : IClassFixture<FreeholdFixture>
{
    private const int Former = 2;

    [ServerFact]
    public async Task Tenant_of_the_former_schema_is_refused_until_it_is_migrated_and_has_lost_nothing_then()
    {
        TenantPlacement tenant = await MakeFormerAsync();
        await FillAsync(tenant);
        await freehold.UploadAsync(tenant, "new.txt", "Figs.");

        TenantUpgradingException refusal = await Assert.ThrowsAsync<TenantUpgradingException>(() => freehold.SearchAsync(tenant, "walnuts"));
        Assert.Equal("tenant-upgrading", refusal.Problem);
        await freehold.LookAtAsync(tenant, "new.txt");
        DocumentStatus waiting = (await freehold.StatusAsync(tenant, "new.txt"))!;
        Assert.Equal("queued", waiting.State);
        Assert.Null(waiting.Failure);
        Assert.Equal(1, (await freehold.Get<Freehold.Provisioning.Fleet.DescribeFleet>().RunAsync(default)).Behind);

        await freehold.Get<MigrateTenants>().RunAsync(default);

        Assert.Equal(0, (await freehold.Get<Freehold.Provisioning.Fleet.DescribeFleet>().RunAsync(default)).Behind);
        TenantPlacement now = await freehold.PlacementAsync(tenant.Id);
        Assert.Equal(freehold.Get<TenantSchema>().Version, now.SchemaVersion);

        // Also for whoever still remembers it as it was.
        Assert.Equal("Walnuts are nuts.", Assert.Single(await freehold.SearchAsync(tenant, "walnuts")).Text);
        Assert.Single(await freehold.SearchAsync(now, "walnuts", "dense"));
        Assert.Equal("Trees\nWalnuts are nuts.", await freehold.ScalarAsync<string>(now, "select string_agg(content, '' order by start_at) from texts where version = 7"));
        Assert.Equal("Staged text.", await freehold.ScalarAsync<string>(now, "select content from texts where version = 8"));
        Assert.Equal("Staged text.", await freehold.ScalarAsync<string>(now, "select content from staged_chunks where content_hash is not null"));
        await freehold.AssertStatisticsAsync(now, 2);

        // The hash that SQL made is the hash that this program makes: an edit keeps the embedding of what it leaves alone.
        Assert.Equal(HashOf("Trees\nWalnuts are nuts."), await freehold.ScalarAsync<Guid>(now, "select content_hash from chunks where id = 7 << 20"));
        Assert.Equal(HashOf("Über Nüsse 😀."), await freehold.ScalarAsync<Guid>(now, "select content_hash from chunks where id = (7 << 20) + 1"));

        await freehold.Get<Claims>().TakeAsync(now.Uid, DocumentPath.Parse("old.txt"), new BlobVersion("e", 1, DateTimeOffset.UtcNow), true, default);
        Assert.Equal("ready", (await freehold.IngestAsync(now, "other.txt", "Hazel.")).State);
        await freehold.AssertStatisticsAsync(now, 3);
    }

    [ServerFact]
    public async Task Tenant_that_cannot_be_migrated_holds_up_no_other_and_is_tried_again()
    {
        TenantPlacement broken = await MakeFormerAsync();
        TenantPlacement good = await MakeFormerAsync();
        TenantPlacement suspended = await MakeFormerAsync();
        await freehold.Get<ChangeTenant>().RunAsync(suspended.Id, TenantChange.Suspend, Caller.Admin(), TimeSpan.FromSeconds(30), default);
        await InDatabaseAsync(broken, "create table texts (x int)");

        await freehold.Get<MigrateTenants>().RunAsync(default);

        int newest = freehold.Get<TenantSchema>().Version;
        Assert.Equal(Former, (await freehold.PlacementAsync(broken.Id)).SchemaVersion);
        Assert.Equal(newest, (await freehold.PlacementAsync(good.Id)).SchemaVersion);
        Assert.Equal(Former, (await freehold.PlacementAsync(suspended.Id)).SchemaVersion);

        await InDatabaseAsync(broken, "drop table texts");
        await freehold.Get<MigrateTenants>().RunAsync(default);
        Assert.Equal(Former, (await freehold.PlacementAsync(broken.Id)).SchemaVersion);
        await CatalogAsync($"update catalog.tenants set migration_at = now() where uid = '{broken.Uid}' and migration_at > now() and migration_attempts = 1");
        await freehold.Get<ChangeTenant>().RunAsync(suspended.Id, TenantChange.Resume, Caller.Admin(), TimeSpan.FromSeconds(30), default);
        await freehold.Get<MigrateTenants>().RunAsync(default);
        Assert.Equal(newest, (await freehold.PlacementAsync(broken.Id)).SchemaVersion);
        Assert.Equal(newest, (await freehold.PlacementAsync(suspended.Id)).SchemaVersion);
    }

    [ServerFact]
    public async Task Schema_of_a_database_is_known_whatever_model_it_has_now()
    {
        Assert.Equal(
            MigrationScripts.Tenant("lexical-384", 384).Select(script => script.Checksum),
            MigrationScripts.Tenant("another", 7).Select(script => script.Checksum));
        Assert.NotEqual(
            MigrationScripts.Fingerprint(MigrationScripts.Tenant("lexical-384", 384)),
            MigrationScripts.Fingerprint(MigrationScripts.Tenant("another", 7)));
        TenantPlacement tenant = await freehold.ProvisionAsync();
        Assert.Equal(tenant.SchemaVersion, await freehold.Get<PostgresProvider>().MigrateAsync(tenant.Database!, default));
    }

    private static Guid HashOf(string embedded) =>
        new(System.Security.Cryptography.SHA256.HashData(Encoding.UTF8.GetBytes(embedded)).AsSpan(0, 16), bigEndian: true);

    /// <summary>A tenant whose database is as the former version of this program made it.</summary>
    private async Task<TenantPlacement> MakeFormerAsync()
    {
        TenantPlacement tenant = await freehold.ProvisionAsync();
        await FreeholdFixture.ExecuteAsync($"drop database {tenant.Database} with (force)");
        await FreeholdFixture.ExecuteAsync($"create database {tenant.Database} template template0");
        await FreeholdFixture.ExecuteAsync(
            $"revoke all on database {tenant.Database} from public; grant connect on database {tenant.Database} to {tenant.Role}");
        await InDatabaseAsync(
            tenant,
            $"create extension vector; grant create, usage on schema public to {SchemaOwner.Owner}; set role {SchemaOwner.Owner}",
            connection => Migrator.MigrateAsync(connection, [.. MigrationScripts.Tenant("lexical-384", 384).Take(Former)], default));
        await CatalogAsync($"update catalog.tenants set schema_version = {Former} where uid = '{tenant.Uid}'");
        return await freehold.PlacementAsync(tenant.Id);
    }

    private async Task FillAsync(TenantPlacement tenant)
    {
        EmbeddedTexts embedded = await freehold.Get<EmbeddingModels>().Default.EmbedAsync(
            tenant.Uid, ["Trees\nWalnuts are nuts.", "Über Nüsse 😀."], EmbeddingUse.Document, default);
        string[] vectors = [.. embedded.Vectors.Select(vector => "'[" + string.Join(',', vector.ToArray().Select(x => x.ToString(System.Globalization.CultureInfo.InvariantCulture))) + "]'")];
        await InDatabaseAsync(
            tenant,
            $"""
            insert into documents (path, etag, content_hash, media_type, bytes, version, claim, chunks, length, text)
            values ('old.txt', 'e', 'h', 'text/plain', 10, 7, 7, 2, 5, E'Trees\nWalnuts are nuts.');
            insert into chunks (id, heading, start_at, end_at, length, language, content)
            values (7 << 20, 'Trees', 6, 23, 3, 'english', 'Walnuts are nuts.'), ((7 << 20) + 1, '', 0, 14, 2, 'english', 'Über Nüsse 😀.');
            insert into embeddings values (7 << 20, {vectors[0]}), ((7 << 20) + 1, {vectors[1]});
            update corpus_statistics set chunks = 2, length = 5 where shard = 7;
            insert into staged_documents (path, etag, content_hash, media_type, bytes, metadata, version, chunks, length, text)
            values ('staged.txt', 'e', 'h', 'text/plain', 10, '{"{}"}', 8, 1, 2, 'Staged text.');
            insert into staged_chunks (id, heading, start_at, end_at, length, content) values (8 << 20, '', 0, 12, 2, 'Staged text.');
            """);
    }

    private static async Task InDatabaseAsync(TenantPlacement tenant, string sql, Func<NpgsqlConnection, Task>? then = null)
    {
        await using NpgsqlConnection connection = new(
            new NpgsqlConnectionStringBuilder(TestServers.Postgres) { Database = tenant.Database, Pooling = false }.ConnectionString);
        await connection.OpenAsync();
        await using NpgsqlCommand command = new(sql, connection);
        await command.ExecuteNonQueryAsync();
        await (then?.Invoke(connection) ?? Task.CompletedTask);
    }

    private async Task CatalogAsync(string sql)
    {
        await using NpgsqlCommand command = freehold.Get<CatalogDatabase>().Command(sql);
        await command.ExecuteNonQueryAsync();
    }
}
