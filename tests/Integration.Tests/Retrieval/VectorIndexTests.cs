using System.Collections.Concurrent;
using System.Text.Json;
using Freehold.Integration.Tests.Fixtures;
using Freehold.Provisioning;
using Freehold.Provisioning.Fleet;
using Freehold.Provisioning.ModelChange;
using Freehold.Provisioning.Providers.Postgres;
using Freehold.Provisioning.VectorIndexes;
using Freehold.Retrieval;
using Freehold.Sql;
using Freehold.Tenants;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;

namespace Freehold.Integration.Tests.Retrieval;

/// <summary>Tenants whose vectors are too many to look at all of them.</summary>
public sealed class VectorIndexTests(FreeholdFixture freehold) : IClassFixture<FreeholdFixture>
{
    private const string Query = "ferry timetable";
    private const string Indexes = "select coalesce(string_agg(c.relname || ' ' || i.indisvalid, ','), '') from pg_index i join pg_class c on c.oid = i.indexrelid join pg_am a on a.oid = c.relam where a.amname = 'hnsw'";

    [ServerFact]
    public async Task Tenant_that_grows_large_gets_an_index_while_it_is_searched_and_changed()
    {
        await using ServiceProvider host = freehold.Build(Above(40));
        TenantPlacement tenant = await freehold.ProvisionAsync();
        TenantPlacement small = await freehold.ProvisionAsync();
        await freehold.IngestAsync(small, "a.txt", Query);
        await PlantAsync(tenant, 400);
        Guid ordered = Assert.Single(await OrderAsync(host, tenant));
        Assert.Empty(await OrderAsync(host, tenant));
        Assert.Empty(await OrderAsync(host, small));

        using CancellationTokenSource over = new();
        ConcurrentQueue<int> found = [];
        Task searching = Task.Run(async () =>
        {
            while (!over.IsCancellationRequested)
            {
                found.Enqueue((await SearchAsync(host, tenant)).Count);
            }
        });
        Task uploading = Task.Run(async () =>
        {
            for (int i = 0; !over.IsCancellationRequested; i++)
            {
                Assert.Equal("ready", (await freehold.IngestAsync(tenant, $"new{i % 5}.txt", $"{Query} {i}")).State);
            }
        });
        await freehold.Get<RunOperation>().RunAsync(ordered, default);
        await over.CancelAsync();
        await Task.WhenAll(searching, uploading);

        Assert.Equal("done", (await freehold.Get<OperationStore>().FindAsync(ordered, default))!.State);
        Assert.Equal("embeddings_near true", await freehold.ScalarAsync<string>(tenant, Indexes));
        Assert.Equal(string.Empty, await freehold.ScalarAsync<string>(small, Indexes));
        Assert.All(found, count => Assert.Equal(10, count));
        Assert.Equal(10, (await SearchAsync(host, tenant)).Count);
        Assert.Empty(await OrderAsync(host, tenant));
        FleetOverview fleet = await freehold.Get<DescribeFleet>().RunAsync(default);
        Assert.Contains(fleet.VectorIndexes, index => index.Tenant == tenant.Id.Value && index is { EfSearch: >= 100, RecallAt10: null });
    }

    [ServerFact]
    public async Task Build_that_is_killed_midway_is_made_again_and_leaves_nothing_invalid()
    {
        await using ServiceProvider host = freehold.Build(Above(40));
        TenantPlacement tenant = await freehold.ProvisionAsync();
        await PlantAsync(tenant, 100);
        Guid operation = Assert.Single(await OrderAsync(host, tenant));
        await using (NpgsqlConnection reader = new(freehold.ConnectionString(tenant)))
        {
            // An open transaction that has read holds a build up when the index is there and not valid yet.
            await reader.OpenAsync();
            await using NpgsqlTransaction transaction = await reader.BeginTransactionAsync(System.Data.IsolationLevel.RepeatableRead);
            await using NpgsqlCommand read = new("select count(*) from embeddings", reader, transaction);
            await read.ExecuteScalarAsync();
            Task<bool> running = freehold.Get<RunOperation>().RunAsync(operation, default);
            await FreeholdFixture.EventuallyAsync(async () => await freehold.ScalarAsync<string>(tenant, Indexes) == "embeddings_near false");
            Assert.Equal(10, (await SearchAsync(host, tenant)).Count);
            await FreeholdFixture.ExecuteAsync(
                $"select pg_terminate_backend(pid) from pg_stat_activity where datname = '{tenant.Database}' and query like 'create index concurrently%'");
            await running;
        }

        Assert.Equal("embeddings_near false", await freehold.ScalarAsync<string>(tenant, Indexes));
        Assert.Equal("queued", (await freehold.Get<OperationStore>().FindAsync(operation, default))!.State);
        await FreeholdFixture.EventuallyAsync(async () =>
        {
            await freehold.Get<RunOperation>().RunAsync(operation, default);
            return (await freehold.Get<OperationStore>().FindAsync(operation, default))!.State == "done";
        });
        Assert.Equal("embeddings_near true", await freehold.ScalarAsync<string>(tenant, Indexes));
    }

    [ServerFact]
    public async Task Filter_that_keeps_one_in_a_hundred_finds_all_that_is_wanted_with_an_index()
    {
        TenantPlacement tenant = await freehold.ProvisionAsync();
        await PlantAsync(tenant, 3_000);
        await AsOwnerAsync(tenant, "create index embeddings_near on embeddings using hnsw (embedding halfvec_ip_ops); analyze");

        // Few enough to look at all of them; and too many, so that the index is scanned until there are enough.
        List<string[]> found = [];
        foreach (int above in (int[])[1_000, 10])
        {
            await using ServiceProvider host = freehold.Build(Above(above));
            foreach (string mode in (string[])["dense", "hybrid"])
            {
                IReadOnlyList<Freehold.Retrieval.Passage> kept = (await host.GetRequiredService<SearchChunks>().RunAsync(
                    tenant, new SearchRequest(Query, 10, mode, JsonElement.Parse("""{"kept":true}""")), default)).Passages;
                Assert.Equal(10, kept.Count);
                Assert.All(kept, passage => Assert.EndsWith("00", passage.Document, StringComparison.Ordinal));
                found.Add([.. kept.Select(passage => passage.Document)]);
            }
        }

        Assert.Equal(found[0], found[2]);
    }

    [ServerFact]
    public async Task Searches_that_miss_too_much_are_noticed_and_look_at_more()
    {
        await using ServiceProvider host = freehold.Build(new(Above(1_000)) { ["Retrieval:RecallSampleRate"] = "1", ["Retrieval:Candidates"] = "10" });
        TenantPlacement tenant = await freehold.ProvisionAsync();
        await PlantAsync(tenant, 3_000);
        await AsOwnerAsync(tenant, "create index embeddings_near on embeddings using hnsw (embedding halfvec_ip_ops) with (m = 2, ef_construction = 4); update settings set ef_search = 1; analyze");
        await using (NpgsqlCommand known = freehold.Get<CatalogDatabase>()
            .Command("insert into catalog.vector_indexes (tenant_uid, built_at, ef_search) values ($1, now(), 1)").With(tenant.Uid))
        {
            await known.ExecuteNonQueryAsync();
        }

        RecallMeter meter = FreeholdFixture.Hosted<RecallMeter>(host);
        await SearchAsync(host, tenant);
        Assert.Equal(0, (await FindAsync(tenant)).Samples);
        await meter.StartAsync(default);
        bool wasMeasured = false;
        await FreeholdFixture.EventuallyAsync(async () =>
        {
            await SearchAsync(host, tenant);
            wasMeasured |= (await FindAsync(tenant)).RecallAt10 < 0.95;
            return await freehold.ScalarAsync<int>(tenant, "select ef_search from settings") >= 20;
        });
        await FreeholdFixture.EventuallyAsync(async () => (await FindAsync(tenant)).EfSearch >= 20);
        await meter.StopAsync(default);
        Assert.True(wasMeasured);
        Assert.Equal(10, (await SearchAsync(host, tenant)).Count);
    }

    [ServerFact]
    public async Task Change_of_model_gives_a_large_tenant_its_index_before_the_switch()
    {
        await using WordServer server = new();
        await using ServiceProvider host = freehold.Build(new(server.Settings()) { ["Retrieval:ApproximateAbove"] = "3" });
        TenantPlacement tenant = await freehold.ProvisionAsync();
        for (int i = 0; i < 5; i++)
        {
            await freehold.IngestAsync(tenant, $"{i}.txt", $"{Query} {i}");
        }

        StartedOperation started = await host.GetRequiredService<ChangeTenant>().RunAsync(
            tenant.Id, host.GetRequiredService<EstimateModelChange>().ChangeTo(WordServer.Model), Caller.Admin(), TimeSpan.FromSeconds(60), default);

        Assert.True(started.Done);
        Assert.Equal("embeddings_near true", await freehold.ScalarAsync<string>(tenant, Indexes));
        Assert.Equal(5, (await SearchAsync(host, await freehold.PlacementAsync(tenant.Id))).Count);

        // The index is then measured.
        Guid ordered = Assert.Single(await OrderAsync(host, tenant));
        await host.GetRequiredService<RunOperation>().RunAsync(ordered, default);
        Assert.Equal("done", (await freehold.Get<OperationStore>().FindAsync(ordered, default))!.State);
    }

    private static Dictionary<string, string?> Above(int chunks) => new() { ["Retrieval:ApproximateAbove"] = $"{chunks}" };

    private static async Task<IReadOnlyList<Freehold.Retrieval.Passage>> SearchAsync(ServiceProvider host, TenantPlacement tenant) =>
        (await host.GetRequiredService<SearchChunks>().RunAsync(tenant, new SearchRequest(Query, 10, "dense"), default)).Passages;

    /// <summary>Has indexes ordered for whoever needs one.</summary>
    /// <returns>The operations that are new, of this tenant.</returns>
    private async Task<IReadOnlyList<Guid>> OrderAsync(ServiceProvider host, TenantPlacement tenant)
    {
        IReadOnlyList<Guid> ordered = await host.GetRequiredService<OrderIndexes>().RunAsync(default);
        IReadOnlyList<Operation> all = await freehold.Get<OperationStore>().ListAsync(new OperationQuery(null, tenant.Id, null, 100), default);
        return [.. all.Where(operation => operation.Kind == "build-index" && ordered.Contains(operation.Id)).Select(operation => operation.Id)];
    }

    private async Task<VectorIndexView> FindAsync(TenantPlacement tenant) =>
        (await freehold.Get<DescribeFleet>().RunAsync(default)).VectorIndexes.Single(index => index.Tenant == tenant.Id.Value);

    /// <summary>One real document, and so many others whose vectors lie around its own: to embed as many real ones takes too long.</summary>
    private async Task PlantAsync(TenantPlacement tenant, int documents)
    {
        await freehold.IngestAsync(tenant, "real.txt", Query);
        await AsOwnerAsync(
            tenant,
            $$"""
            insert into documents (path, etag, content_hash, media_type, bytes, metadata, version, claim, chunks, length)
            select n::text, '', '', 'text/plain', 1, jsonb_build_object('kept', n % 100 = 0), 1000000 + n, 1000000 + n, 1, 1 from generate_series(1, {{documents}}) n;
            insert into chunks (id, length, start_at, end_at, language, heading, content, content_hash, tokens)
            select (1000000 + n)::bigint << 20, 1, 0, 1, 'simple', '', 'x' || n, gen_random_uuid(), 1 from generate_series(1, {{documents}}) n;
            insert into embeddings (id, embedding)
            select (1000000 + n)::bigint << 20, l2_normalize(array(
                select v + (('x' || left(md5(n || ' ' || i), 6))::bit(24)::int / 16777216.0 - 0.5) * 0.1
                from unnest((select embedding::vector::real[] from embeddings order by id limit 1)) with ordinality as u (v, i))::real[]::vector)::halfvec
            from generate_series(1, {{documents}}) n;
            update corpus_statistics set chunks = chunks + {{documents}}, length = length + {{documents}} where shard = 0;
            analyze;
            """);
        await using NpgsqlCommand command = freehold.Get<CatalogDatabase>()
            .Command("update work.documents set chunks = $2 where tenant_uid = $1").With(tenant.Uid).With(documents + 1);
        await command.ExecuteNonQueryAsync();
    }

    private async Task AsOwnerAsync(TenantPlacement tenant, string sql)
    {
        await using NpgsqlConnection owner = await freehold.Get<PostgresProvider>().OpenAsOwnerAsync(tenant.Database!, default);
        await using NpgsqlCommand command = new(sql, owner);
        await command.ExecuteNonQueryAsync();
    }
}
