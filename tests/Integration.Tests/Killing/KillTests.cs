using System.Collections.Concurrent;
using Freehold.Integration.Tests.Fixtures;
using Freehold.Postgres;
using Freehold.Provisioning;
using Freehold.Provisioning.Evaluations;
using Freehold.Provisioning.Spares;
using Freehold.Storage;
using Freehold.Tenants;
using Npgsql;

namespace Freehold.Integration.Tests.Killing;

/// <summary>
/// A real process is killed with SIGKILL after, and during, every single call that it makes to a database or to storage. Then one
/// starts again, and must come to where an undisturbed one would have come: nothing lost, nothing left behind, nothing twice.
/// </summary>
public sealed class KillTests(FreeholdFixture freehold) : IClassFixture<FreeholdFixture>
{
    [ServerFact]
    public async Task Provisioning_killed_anywhere_ends_in_an_active_tenant_or_in_none()
    {
        ConcurrentBag<string> asked = [];
        int kills = await KillEverywhereAsync("provision", () =>
        {
            string id = NewId();
            asked.Add(id);
            return Task.FromResult(id);
        });

        Assert.InRange(kills, Kills.AtLeast(8), 200);
        int active = 0;
        foreach (string id in asked)
        {
            Tenant? tenant = await freehold.Get<TenantCatalog>().FindAsync(TenantId.Parse(id), default);
            if (tenant is not null)
            {
                Assert.Equal(TenantState.Active, tenant.State);
                Assert.Empty(await freehold.SearchAsync(await freehold.PlacementAsync(tenant.Id), "anything"));
                active++;
            }
        }

        Assert.InRange(active, 1, asked.Count);
        await AssertNothingIsLeftAsync();
    }

    [ServerFact]
    public async Task Deletion_killed_anywhere_ends_with_the_tenant_erased()
    {
        ConcurrentBag<TenantPlacement> tenants = [];
        int kills = await KillEverywhereAsync("purge", async () =>
        {
            TenantPlacement tenant = await freehold.ProvisionAsync();
            await freehold.IngestAsync(tenant, "a.txt", "Walnuts.");
            await freehold.WriteBlobAsync(tenant, "b.txt", "Figs.");
            await freehold.Get<TenantCredentials>().IssueAsync(tenant.Id, default);

            // What this process holds open would be waited for, as another host's connections are.
            freehold.Get<TenantDataSources>().Close(tenant.Uid);
            tenants.Add(tenant);
            return tenant.Id.Value;
        });

        Assert.InRange(kills, Kills.AtLeast(20), 400);
        foreach (TenantPlacement tenant in tenants)
        {
            TenantPlacement now = (await freehold.Get<TenantCatalog>().FindPlacementAsync(tenant.Uid, default))!;
            if (now.State == TenantState.Active)
            {
                // Killed before the intent was written: nothing has happened.
                Assert.Single(await freehold.SearchAsync(now, "walnuts"));
                continue;
            }

            Assert.Equal(TenantState.Deleted, now.State);
            Assert.Null(await freehold.Get<DocumentBlobs>().FindAsync(tenant.Id, DocumentPath.Parse("a.txt"), default));
            Assert.Null(await freehold.Get<DocumentBlobs>().FindAsync(tenant.Id, DocumentPath.Parse("b.txt"), default));
            Assert.Equal(0L, await FreeholdFixture.ServerScalarAsync<long>(
                $"select count(*) from pg_database where datname = '{tenant.Database}'"));
        }

        await AssertNothingIsLeftAsync();
    }

    [ServerFact]
    public async Task Rotation_of_credentials_killed_anywhere_ends_with_one_role_that_works()
    {
        ConcurrentBag<TenantPlacement> tenants = [];
        int kills = await KillEverywhereAsync("rotate-credentials", async () =>
        {
            TenantPlacement tenant = await freehold.ProvisionAsync();
            tenants.Add(tenant);
            return tenant.Id.Value;
        });

        Assert.InRange(kills, Kills.AtLeast(10), 200);
        foreach (TenantPlacement tenant in tenants)
        {
            Assert.Empty(await freehold.SearchAsync(await freehold.PlacementAsync(tenant.Id), "anything"));
        }

        await AssertNothingIsLeftAsync();
    }

    [ServerFact]
    public async Task Issue_of_credentials_killed_anywhere_leaves_at_most_one_role_of_the_tenants_own()
    {
        ConcurrentBag<TenantPlacement> tenants = [];
        int kills = await KillEverywhereAsync("issue-credentials", async () =>
        {
            TenantPlacement tenant = await freehold.ProvisionAsync();
            tenants.Add(tenant);
            return tenant.Id.Value;
        });

        Assert.InRange(kills, Kills.AtLeast(10), 200);
        foreach (TenantPlacement tenant in tenants)
        {
            Assert.InRange((await freehold.Get<TenantCredentials>().ListAsync(tenant.Id, default)).Count, 0, 1);
        }

        await AssertNothingIsLeftAsync();
    }

    [ServerFact]
    public async Task Rotation_of_keys_killed_anywhere_goes_on_until_all_is_sealed_anew()
    {
        TenantPlacement tenant = await freehold.ProvisionAsync();


        // To and fro between two keys, so that each process has something to do.
        int sealing = 0;
        int kills = await KillEverywhereAsync(
            "rotate-keys", () => Task.FromResult("-"), atATime: 1, () => Keys(sealing = 1 - sealing, 1 - sealing));

        Assert.InRange(kills, Kills.AtLeast(6), 200);
        await using var host = freehold.Build(Keys(0, 1));
        Guid operation = await FreeholdFixture.Get<RotateKeys>(host).StartAsync(Caller.Admin(), default);
        await FreeholdFixture.Get<RunOperation>(host).RunAsync(operation, default);
        Assert.Empty(await freehold.SearchAsync(await freehold.PlacementAsync(tenant.Id), "anything"));
    }

    [ServerFact]
    public async Task Suspension_killed_anywhere_ends_with_the_database_closed()
    {
        ConcurrentBag<TenantPlacement> tenants = [];
        await KillEverywhereAsync("suspend", async () =>
        {
            TenantPlacement tenant = await freehold.ProvisionAsync();
            tenants.Add(tenant);
            return tenant.Id.Value;
        });

        foreach (TenantPlacement tenant in tenants)
        {
            bool open = await FreeholdFixture.ServerScalarAsync<bool>($"select datallowconn from pg_database where datname = '{tenant.Database}'");
            Assert.Equal((await freehold.PlacementAsync(tenant.Id)).State == TenantState.Active, open);
        }
    }

    [ServerFact]
    public async Task Change_of_model_killed_anywhere_ends_with_all_vectors_of_one_model()
    {
        await using WordServer server = new();
        ConcurrentBag<TenantPlacement> tenants = [];
        int kills = await KillEverywhereAsync(
            "change-model",
            async () =>
            {
                TenantPlacement tenant = await freehold.ProvisionAsync();
                await freehold.IngestAsync(tenant, "a.txt", "Walnuts.");
                tenants.Add(tenant);
                return tenant.Id.Value;
            },
            settings: () => server.Settings(),
            every: 7);

        Assert.InRange(kills, 5, 400);
        await using var host = freehold.Build(server.Settings());
        foreach (TenantPlacement tenant in tenants)
        {
            // One that was killed before the intent was written has the model that it had.
            TenantPlacement now = await freehold.PlacementAsync(tenant.Id);
            Assert.Equal(now.EmbeddingModel, await freehold.ScalarAsync<string>(now, "select embedding_model from settings where next_model is null"));
            Assert.Equal(
                now.EmbeddingModel == WordServer.Model ? WordServer.Dimensions : 384,
                await freehold.ScalarAsync<int>(now, "select vector_dims(embedding) from embeddings"));
            Assert.Equal(0L, await freehold.ScalarAsync<long>(now, "select count(*) from pg_tables where tablename = 'embeddings_next'"));
            Assert.Single((await FreeholdFixture.Get<Freehold.Retrieval.SearchChunks>(host).RunAsync(now, new("walnuts", Mode: "hybrid"), default)).Passages);
        }

        await AssertNothingIsLeftAsync();
    }

    [ServerFact]
    public async Task Filling_of_the_warm_pool_killed_anywhere_leaves_whole_databases_that_serve()
    {
        Dictionary<string, string?> size = new() { ["Provisioning:WarmPool:Size"] = "2" };
        int kills = await KillEverywhereAsync(
            "fill-warm-pool",
            async () =>
            {
                // What the last one left is finished, and all of it taken: each begins with a pool that is empty.
                await using var host = freehold.Build(size);
                await CatalogScalarAsync("update catalog.spare_databases set lease_until = null returning ''");
                await FreeholdFixture.Get<FillWarmPool>(host).RunAsync(default);
                for (int i = 0; i < 2; i++)
                {
                    await FreeholdFixture.Get<CreateTenant>(host).RunAsync(new NewTenant(NewId()), Caller.Admin(), TimeSpan.FromSeconds(30), default);
                }

                return "-";
            },
            atATime: 1,
            () => size);

        Assert.InRange(kills, Kills.AtLeast(10), 200);
        Assert.Equal("2", await CatalogScalarAsync("select count(*)::text from catalog.spare_databases where state = 'ready'"));
        Assert.Equal("0", await CatalogScalarAsync("select count(*)::text from catalog.tenants where claimed and state <> 'active'"));
        await AssertNothingIsLeftAsync();
    }

    [ServerFact]
    public async Task Building_of_an_index_killed_anywhere_ends_with_one_that_is_valid()
    {
        Dictionary<string, string?> small = new() { ["Retrieval:ApproximateAbove"] = "1" };
        ConcurrentBag<TenantPlacement> tenants = [];
        int kills = await KillEverywhereAsync(
            "build-index",
            async () =>
            {
                TenantPlacement tenant = await freehold.ProvisionAsync();
                await freehold.IngestAsync(tenant, "a.txt", "Walnuts.");
                await freehold.IngestAsync(tenant, "b.txt", "Figs.");
                tenants.Add(tenant);
                return "-";
            },
            atATime: 1,
            settings: () => small,
            every: 6);

        Assert.InRange(kills, 3, 400);
        foreach (TenantPlacement tenant in tenants)
        {
            Assert.InRange(await freehold.ScalarAsync<long>(tenant, "select count(*) from pg_index where not indisvalid"), 0, 0);
            Assert.Single(await freehold.SearchAsync(tenant, "walnuts", "dense"));
        }

        Assert.True(await freehold.ScalarAsync<bool>(tenants.First(), "select exists (select from pg_indexes where indexname = 'embeddings_near')"));
        await AssertNothingIsLeftAsync();
    }

    [ServerFact]
    public async Task Evaluation_killed_here_and_there_ends_with_its_report_or_was_never_started()
    {
        ConcurrentBag<TenantPlacement> tenants = [];
        int kills = await KillEverywhereAsync(
            "evaluate",
            async () =>
            {
                TenantPlacement tenant = await freehold.ProvisionAsync();
                await freehold.IngestAsync(tenant, "a.txt", "Walnuts.");
                tenants.Add(tenant);
                return tenant.Id.Value;
            },
            every: 9);

        Assert.InRange(kills, 3, 400);
        int done = 0;
        foreach (TenantPlacement tenant in tenants)
        {
            EvaluationStatus? evaluation = (await freehold.Get<ReadEvaluations>().ListAsync(tenant, null, 2, default)).SingleOrDefault();
            if (evaluation?.State == "done")
            {
                Assert.Equal((0.5, 0L), (evaluation.Report!.Rankings.Single().NdcgAt10.Mean, await freehold.ScalarAsync<long>(
                    tenant, "select count(*) - 2 from evaluation_outcomes")));
                done++;
            }
            else
            {
                Assert.True(evaluation is null || evaluation is { State: "failed", Failure: { } why } && why.StartsWith("It was not started", StringComparison.Ordinal));
            }
        }

        Assert.InRange(done, 2, tenants.Count);
        await AssertNothingIsLeftAsync();
    }

    private static string NewId() => "k" + Guid.NewGuid().ToString("N")[..16];

    private static Dictionary<string, string?> Keys(params int[] keys)
    {
        Dictionary<string, string?> settings = [];
        for (int i = 0; i < keys.Length; i++)
        {
            settings[$"Tenants:CredentialKeys:{i}:Id"] = keys[i] == 0 ? "test" : $"k{keys[i]}";
            settings[$"Tenants:CredentialKeys:{i}:Key"] = Convert.ToBase64String(Enumerable.Repeat((byte)keys[i], 32).ToArray());
        }

        return settings;
    }

    private Task<int> KillEverywhereAsync(
        string action, Func<Task<string>> prepare, int atATime = Kills.AtATime, Func<Dictionary<string, string?>>? settings = null, int every = 3) =>
        new Kills(freehold.Settings).EverywhereAsync(action, prepare, atATime, settings, every);

    /// <summary>Every database and role of this installation is named in the catalog, and the other way round.</summary>
    private async Task AssertNothingIsLeftAsync()
    {
        string mark = await CatalogScalarAsync("select mark from catalog.installation");
        string named = await CatalogScalarAsync(
            """
            select string_agg(name, ' ' order by name) from (
                select database_name as name from catalog.tenants where state <> 'deleted' union all
                select database_name from catalog.spare_databases) names
            """);
        string roles = await CatalogScalarAsync(
            """
            select string_agg(name, ' ' order by name) from (
                select role_name as name from catalog.tenants where state <> 'deleted' union all
                select role_name from catalog.spare_databases union all
                select name from catalog.database_roles) names
            """);
        Assert.Equal(named, await FreeholdFixture.ServerScalarAsync<string>(
            $"select coalesce(string_agg(datname, ' ' order by datname collate \"C\"), '') from pg_database where datname like 't\\_{mark}%'"));
        Assert.Equal(roles, await FreeholdFixture.ServerScalarAsync<string>(
            $"select coalesce(string_agg(rolname, ' ' order by rolname collate \"C\"), '') from pg_roles where rolname like 't\\_{mark}%'"));
    }

    private async Task<string> CatalogScalarAsync(string sql)
    {
        await using NpgsqlCommand command = freehold.Get<CatalogDatabase>().Command(sql);
        return await command.ExecuteScalarAsync() as string ?? string.Empty;
    }
}
