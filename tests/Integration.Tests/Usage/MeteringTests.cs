using Freehold.Ingestion;
using Freehold.Integration.Tests.Fixtures;
using Freehold.Sql;
using Freehold.Tenants;
using Freehold.Usage;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Npgsql;

namespace Freehold.Integration.Tests.Usage;

/// <summary>What tenants use is counted once, and for them alone.</summary>
public sealed class MeteringTests(FreeholdFixture freehold) : IClassFixture<FreeholdFixture>
{
    [ServerFact]
    public async Task Count_whose_answer_was_lost_is_added_once()
    {
        TenantPlacement tenant = await freehold.ProvisionAsync();
        using LossyForwarder forwarder = new(new NpgsqlConnectionStringBuilder(TestServers.Postgres));
        await using ServiceProvider host = Behind(forwarder);
        UsageFlush flush = host.GetRequiredService<UsageFlush>();
        for (int round = 0; round < 5; round++)
        {
            host.GetRequiredService<Meter>().Count(tenant.Uid, Metric.Queries, 10);
            await Quietly(flush.RunAsync);
            host.GetRequiredService<Meter>().Count(tenant.Uid, Metric.Queries, 1);
            forwarder.LosesAnswers = true;
            await Assert.ThrowsAnyAsync<NpgsqlException>(() => flush.RunAsync(default));
            host.GetRequiredService<Meter>().Count(tenant.Uid, Metric.Queries, 100);
            await Assert.ThrowsAnyAsync<NpgsqlException>(() => flush.RunAsync(default));
            forwarder.LosesAnswers = false;
        }

        await Quietly(flush.RunAsync);
        await flush.RunAsync(default);
        Assert.True(forwarder.Lost >= 5);
        Assert.Equal(555, await QueriesAsync(tenant));
    }

    [ServerFact]
    public async Task Hosts_that_flush_at_the_same_time_lose_nothing()
    {
        TenantPlacement[] tenants = [await freehold.ProvisionAsync(), await freehold.ProvisionAsync()];
        ServiceProvider[] hosts = [freehold.Build([]), freehold.Build([]), freehold.Build([])];
        await Parallel.ForAsync(0, 300, new ParallelOptions { MaxDegreeOfParallelism = 6 }, async (i, token) =>
        {
            ServiceProvider host = hosts[i % hosts.Length];
            foreach (Metric metric in Enum.GetValues<Metric>())
            {
                host.GetRequiredService<Meter>().Count(tenants[i % 2].Uid, metric);
            }

            await host.GetRequiredService<UsageFlush>().RunAsync(token);
        });

        Assert.All(tenants, tenant => Assert.Equal(150, ReportAsync(tenant).GetAwaiter().GetResult().Days.Single().RefusedQueries));
        foreach (ServiceProvider host in hosts)
        {
            await host.DisposeAsync();
        }
    }

    [ServerFact]
    public async Task Host_counts_in_the_background_waits_for_the_catalog_and_writes_the_rest_when_it_stops()
    {
        TenantPlacement tenant = await freehold.ProvisionAsync();
        using LossyForwarder forwarder = new(new NpgsqlConnectionStringBuilder(TestServers.Postgres));
        await using ServiceProvider host = Behind(forwarder);
        UsageFlush flush = host.GetRequiredService<UsageFlush>();
        Assert.Contains(host.GetServices<IHostedService>(), service => service == flush);
        await flush.StartAsync(default);

        host.GetRequiredService<Meter>().Count(tenant.Uid, Metric.Queries);
        await FreeholdFixture.EventuallyAsync(async () => await QueriesAsync(tenant) == 1);

        forwarder.RefusesConnections = forwarder.LosesAnswers = true;
        host.GetRequiredService<Meter>().Count(tenant.Uid, Metric.Queries, 10);
        await Task.Delay(500);
        forwarder.RefusesConnections = forwarder.LosesAnswers = false;
        await FreeholdFixture.EventuallyAsync(async () => await QueriesAsync(tenant) == 11);

        host.GetRequiredService<Meter>().Count(tenant.Uid, Metric.Queries, 100);
        await flush.StopAsync(default);
        Assert.Equal(111, await QueriesAsync(tenant));
    }

    [ServerFact]
    public async Task Host_that_dies_loses_what_it_has_counted_since_its_last_flush_and_no_more()
    {
        TenantPlacement tenant = await freehold.ProvisionAsync();
        ServiceProvider host = freehold.Build([]);
        host.GetRequiredService<Meter>().Count(tenant.Uid, Metric.Queries, 5);
        await host.GetRequiredService<UsageFlush>().RunAsync(default);
        host.GetRequiredService<Meter>().Count(tenant.Uid, Metric.Queries, 3);
        await host.DisposeAsync();
        Assert.Equal(5, await QueriesAsync(tenant));
    }

    [ServerFact]
    public async Task Work_is_counted_for_the_tenant_it_was_done_for()
    {
        TenantPlacement one = await freehold.ProvisionAsync();
        TenantPlacement other = await freehold.ProvisionAsync();
        string text = "Four words are here.";
        await freehold.IngestAsync(one, "a.txt", text);
        await freehold.IngestAsync(one, "same.txt", text);
        await freehold.LookAtAsync(one, "a.txt");
        await freehold.SearchAsync(one, "words");
        await freehold.SearchAsync(other, "words");
        await freehold.SearchAsync(other, "words");
        await freehold.Get<UsageFlush>().RunAsync(default);

        UsageReport report = await ReportAsync(one);
        DayOfUsage day = report.Days.Single();
        Assert.Equal((1, 0, 2, 2 * text.Length, 2, 8), (day.Queries, day.RefusedQueries, day.DocumentsIngested, day.BytesIngested, day.ChunksEmbedded, day.TokensEmbedded));
        Assert.Equal(new Totals(2, 2 * text.Length, 2), report.Totals);

        report = await ReportAsync(other);
        Assert.Equal((2, 0, 0), (report.Days.Single().Queries, report.Days.Single().TokensEmbedded, report.Totals.Documents));
        Assert.Equal(["tenant-months", "gibibyte-months", "thousand-queries", "million-tokens"], report.Estimate.Parts.Select(part => part.Name));
        Assert.Equal(0.002m, report.Estimate.Parts[2].Quantity);
        Assert.Equal(report.Estimate.Parts.Sum(part => part.Amount), report.Estimate.Amount, 1);
    }

    [ServerFact]
    public async Task Staged_documents_are_counted_too()
    {
        await using ServiceProvider staged = freehold.Build([], services => services.AddSingleton(new Freehold.Ai.EmbeddingModel("lexical-384", 384, 0.1, 2)));
        TenantPlacement tenant = await freehold.ProvisionAsync();
        string text = string.Join("\n\n", Enumerable.Range(0, 60).Select(i => $"Paragraph {i}. " + string.Join(' ', Enumerable.Repeat("word", 40))));
        await freehold.UploadAsync(tenant, "long.txt", text);
        var path = Freehold.Storage.DocumentPath.Parse("long.txt");
        Assert.True(await staged.GetRequiredService<ChunkDocument>().RunAsync(tenant, path, default));
        await staged.GetRequiredService<EmbedChunks>().RunAsync(tenant, path, default);
        await staged.GetRequiredService<UsageFlush>().RunAsync(default);

        DocumentStatus status = (await freehold.StatusAsync(tenant, "long.txt"))!;
        DayOfUsage day = (await ReportAsync(tenant)).Days.Single();
        Assert.True(status.Chunks > 2);
        Assert.Equal((1, status.Bytes, status.Chunks, 60 * 42), (day.DocumentsIngested, day.BytesIngested, (int)day.ChunksEmbedded, day.TokensEmbedded));
    }

    [ServerFact]
    public async Task Use_of_a_key_is_seen_after_a_flush_and_writes_nothing_before()
    {
        TenantPlacement tenant = await freehold.ProvisionAsync();
        ApiKeys keys = freehold.Get<ApiKeys>();
        ApiKey used = await keys.CreateAsync(tenant.Id, "used", null, null, default);
        await keys.CreateAsync(tenant.Id, "idle", null, null, default);
        string version = await KeyRowAsync(used.Id);
        for (int i = 0; i < 50; i++)
        {
            await freehold.Get<KeyCheck>().RequireTenantAsync("Bearer " + used.Secret, tenant.Id.Value, Scopes.Search, default);
        }

        Assert.Equal(version, await KeyRowAsync(used.Id));
        await freehold.Get<UsageFlush>().RunAsync(default);
        IReadOnlyList<ApiKey> listed = await keys.ListAsync(tenant.Id, default);
        Assert.InRange(listed[0].LastUsedAt!.Value, used.CreatedAt, DateTimeOffset.UtcNow);
        Assert.Null(listed[1].LastUsedAt);
    }

    [ServerFact]
    public async Task Forgotten_use_is_gone_and_a_late_count_does_not_bring_it_back()
    {
        TenantPlacement tenant = await freehold.ProvisionAsync();
        TenantPlacement other = await freehold.ProvisionAsync();
        foreach (Guid uid in (Guid[])[tenant.Uid, other.Uid])
        {
            freehold.Get<Meter>().Count(uid, Metric.Queries);
            freehold.Get<Meter>().Count(uid, Metric.TokensEmbedded);
        }

        await freehold.Get<UsageFlush>().RunAsync(default);
        await freehold.EraseAsync(tenant.Id);
        freehold.Get<Meter>().Count(tenant.Uid, Metric.Queries);
        await freehold.Get<UsageFlush>().RunAsync(default);

        await using NpgsqlCommand left = freehold.Get<CatalogDatabase>()
            .Command("select count(*) from catalog.usage where tenant_uid = $1").With(tenant.Uid);
        Assert.Equal(0L, await left.ExecuteScalarAsync());
        Assert.Single((await ReportAsync(other)).Days);
    }

    private Task<UsageReport> ReportAsync(TenantPlacement tenant) => freehold.Get<ReadUsage>().RunAsync(tenant.Id, null, null, default);

    private async Task<long> QueriesAsync(TenantPlacement tenant) => (await ReportAsync(tenant)).Days.Sum(day => day.Queries);

    /// <summary>The row's version: another after every write.</summary>
    private async Task<string> KeyRowAsync(Guid id)
    {
        await using NpgsqlCommand command = freehold.Get<CatalogDatabase>()
            .Command("select xmin::text || ctid::text from catalog.api_keys where id = $1").With(id);
        return (string)(await command.ExecuteScalarAsync())!;
    }

    private ServiceProvider Behind(LossyForwarder forwarder) => freehold.Build(new()
    {
        ["Usage:FlushInterval"] = "00:00:00.100",
        ["Catalog:ConnectionString"] = new NpgsqlConnectionStringBuilder(TestServers.Postgres)
        {
            Host = "127.0.0.1",
            Port = forwarder.Port,
            Database = freehold.CatalogDatabaseName,
        }.ConnectionString,
    });

    // A pooled connection that the forwarder has closed meanwhile.
    private static async Task Quietly(Func<CancellationToken, Task> act)
    {
        try
        {
            await act(default);
        }
        catch (NpgsqlException)
        {
            // Tried again by who calls.
        }
    }
}
