using Freehold.Integration.Tests.Fixtures;
using Freehold.Storage;
using Freehold.Tenants;
using Npgsql;

namespace Freehold.Integration.Tests.Isolation;

/// <summary>Every way from one tenant to another's data that this product could open by mistake.</summary>
public sealed class IsolationTests(FreeholdFixture freehold) : IClassFixture<FreeholdFixture>
{
    [ServerFact]
    public async Task Credentials_of_one_tenant_open_no_other_database_of_the_server()
    {
        (TenantPlacement one, TenantPlacement other) = (await freehold.ProvisionAsync(), await freehold.ProvisionAsync());

        await using (NpgsqlConnection own = new(freehold.ConnectionString(one)))
        {
            await own.OpenAsync();
        }

        List<string> entered = [];
        string databases = await FreeholdFixture.ServerScalarAsync<string>(
            $"select string_agg(datname, ',') from pg_database where datname in ('{other.Database}', '{freehold.CatalogDatabaseName}', 'postgres', 'template1') or datname like 'freehold_template_v%'");
        foreach (string database in databases.Split(','))
        {
            try
            {
                await using NpgsqlConnection connection = new(freehold.ConnectionString(one, database));
                await connection.OpenAsync();
                entered.Add(database);
            }
            catch (PostgresException exception)
            {
                // 42501: no CONNECT. 55000: the template takes no connections at all.
                Assert.Contains(exception.SqlState, (string[])[PostgresErrorCodes.InsufficientPrivilege, PostgresErrorCodes.ObjectNotInPrerequisiteState]);
            }
        }

        Assert.Empty(entered);
        Assert.True(databases.Split(',').Length >= 5);
    }

    [ServerFact]
    public async Task Runtime_role_changes_rows_and_nothing_else()
    {
        TenantPlacement tenant = await freehold.ProvisionAsync();
        await using NpgsqlConnection connection = new(freehold.ConnectionString(tenant));
        await connection.OpenAsync();
        string[] forbidden =
        [
            "create table public.mine (x int)", "create schema mine", "drop table documents", "alter table chunks add x int",
            "create role other", "set role freehold_owner", "create database other", "create extension pg_trgm",
            "delete from schema_migrations", "update settings set dimensions = 1", "delete from corpus_statistics",
            "select pg_read_file('/etc/passwd')", "copy documents to program 'cat'", "select * from pg_authid",
            "create temporary table t (x int)",
        ];
        foreach (string sql in forbidden)
        {
            await using NpgsqlCommand command = new(sql, connection);
            PostgresException exception = await Assert.ThrowsAsync<PostgresException>(() => command.ExecuteNonQueryAsync());
            Assert.True(exception.SqlState is PostgresErrorCodes.InsufficientPrivilege, $"{sql}: {exception.SqlState} {exception.MessageText}");
        }
    }

    [ServerFact]
    public async Task Key_of_one_tenant_is_refused_at_anothers_route_as_if_that_did_not_exist()
    {
        (TenantPlacement one, TenantPlacement other) = (await freehold.ProvisionAsync(), await freehold.ProvisionAsync());
        ApiKey key = await freehold.Get<ApiKeys>().CreateAsync(one.Id, "k", null, null, default);
        KeyCheck check = freehold.Get<KeyCheck>();

        foreach (string scope in Scopes.All)
        {
            Assert.Equal(one.Uid, (await check.RequireTenantAsync($"Bearer {key.Secret}", one.Id.Value, scope, default)).Uid);
            var refusals = await Task.WhenAll(
                Assert.ThrowsAsync<TenantNotFoundException>(() => check.RequireTenantAsync($"Bearer {key.Secret}", other.Id.Value, scope, default)),
                Assert.ThrowsAsync<TenantNotFoundException>(() => check.RequireTenantAsync($"Bearer {key.Secret}", "nobody-at-all", scope, default)));
            Assert.Single(refusals.Select(refusal => refusal.Message).Distinct());
        }

        await Assert.ThrowsAsync<MissingScopeException>(() => check.RequireAdminAsync($"Bearer {key.Secret}", default));
    }

    [ServerFact]
    public async Task Search_finds_the_tenants_own_text_and_no_others_whatever_the_mode()
    {
        (TenantPlacement one, TenantPlacement other) = (await freehold.ProvisionAsync(), await freehold.ProvisionAsync());
        await freehold.IngestAsync(one, "same/path.txt", "The safe's combination is marmalade seventeen.");
        await freehold.IngestAsync(other, "same/path.txt", "The safe's combination is trombone forty.");

        foreach (string mode in (string[])["lexical", "dense", "hybrid"])
        {
            foreach (string query in (string[])["What is the safe's combination?", "trombone", "marmalade trombone safe"])
            {
                Assert.All(await freehold.SearchAsync(one, query, mode), passage => Assert.DoesNotContain("trombone", passage.Text, StringComparison.Ordinal));
                Assert.All(await freehold.SearchAsync(other, query, mode), passage => Assert.DoesNotContain("marmalade", passage.Text, StringComparison.Ordinal));
            }

            Assert.Single(await freehold.SearchAsync(one, "What is the safe's combination?", mode));
        }
    }

    [ServerFact]
    public async Task Tenant_whose_name_begins_another_tenants_name_is_purged_alone()
    {
        string name = "n" + Guid.NewGuid().ToString("N")[..10];
        DocumentBlobs blobs = freehold.Get<DocumentBlobs>();
        DocumentPath path = DocumentPath.Parse("a.txt");
        foreach (string id in (string[])[name, name + "-two"])
        {
            await blobs.UploadAsync(TenantId.Parse(id), path, new MemoryStream([65]), new BlobUpload("text/plain"), default);
        }

        await freehold.Get<TenantBlobs>().DeleteAllAsync(TenantId.Parse(name), default);

        Assert.Null(await blobs.FindAsync(TenantId.Parse(name), path, default));
        Assert.NotNull(await blobs.FindAsync(TenantId.Parse(name + "-two"), path, default));
    }

    [ServerFact]
    public async Task Sealed_password_of_one_tenant_does_not_open_for_another()
    {
        (TenantPlacement one, TenantPlacement other) = (await freehold.ProvisionAsync(), await freehold.ProvisionAsync());
        Assert.ThrowsAny<System.Security.Cryptography.CryptographicException>(
            () => freehold.Get<CredentialCipher>().Open(other.Uid, one.EncryptedPassword));
    }
}
