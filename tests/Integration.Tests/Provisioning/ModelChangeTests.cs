using System.Collections.Concurrent;
using Freehold.Ai;
using Freehold.Ingestion;
using Freehold.Integration.Tests.Fixtures;
using Freehold.Provisioning;
using Freehold.Provisioning.ModelChange;
using Freehold.Retrieval;
using Freehold.Storage;
using Freehold.Tenants;
using Freehold.Usage;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;

namespace Freehold.Integration.Tests.Provisioning;

/// <summary>A tenant's passages are embedded with another model while it is searched and changed.</summary>
public sealed class ModelChangeTests(FreeholdFixture freehold) : IClassFixture<FreeholdFixture>
{
    private const string Vectors =
        """
        select string_agg(concat_ws('|', d.path, c.id & 1048575, c.content_hash, e.embedding), ',' order by d.path, c.id)
        from documents d join chunks c on d.version = c.id >> 20 join embeddings e on e.id = c.id
        """;

    [ServerFact]
    public async Task Searches_and_uploads_go_on_while_the_model_changes_and_all_vectors_are_the_new_models_then()
    {
        await using WordServer server = new() { Thinks = TimeSpan.FromMilliseconds(20) };
        await using ServiceProvider host = freehold.Build(server.Settings());
        TenantPlacement tenant = await freehold.ProvisionAsync();
        for (int i = 0; i < 40; i++)
        {
            await freehold.IngestAsync(tenant, $"d{i}.txt", Text(i));
        }

        using CancellationTokenSource over = new();
        ConcurrentQueue<string> wrong = [];
        int searches = 0;
        Task[] searching = [.. Enumerable.Range(0, 20).Select(n => Task.Run(async () =>
        {
            for (int i = n; !over.IsCancellationRequested || Volatile.Read(ref searches) < 1_000; i++)
            {
                try
                {
                    // The placement is as old as the loop: what a host remembers may be.
                    string mode = i % 2 == 0 ? "dense" : "hybrid";
                    var found = (await host.GetRequiredService<SearchChunks>().RunAsync(tenant, new SearchRequest($"walnut{i % 40}", 3, mode), default)).Passages;
                    if (mode == "hybrid" && !found.Any(passage => passage.Document == $"d{i % 40}.txt"))
                    {
                        wrong.Enqueue($"{mode} {i}: {string.Join(' ', found.Select(passage => passage.Document))}");
                    }
                    else if (found.Count == 0)
                    {
                        wrong.Enqueue($"{mode} {i}: nothing");
                    }
                }
                catch (Exception exception)
                {
                    wrong.Enqueue($"{i}: {exception}");
                    return;
                }

                Interlocked.Increment(ref searches);
            }
        }))];
        int uploads = 0;
        Task uploading = Task.Run(async () =>
        {
            while (!over.IsCancellationRequested)
            {
                uploads++;
                await freehold.UploadAsync(tenant, "d0.txt", Text(0) + $"\n\nUpload {uploads}.");
                TenantPlacement now = await freehold.PlacementAsync(tenant.Id);
                await host.GetRequiredService<ChunkDocument>().RunAsync(now, DocumentPath.Parse("d0.txt"), default);
            }
        });

        Operation done = await ChangeAsync(host, tenant, WordServer.Model);

        await over.CancelAsync();
        await Task.WhenAll([.. searching, uploading]);
        Assert.Equal("done", done.State);
        Assert.Empty(wrong);
        Assert.True(searches >= 1_000 && uploads > 0, $"{searches} searches, {uploads} uploads.");
        TenantPlacement changed = await freehold.PlacementAsync(tenant.Id);
        Assert.Equal(WordServer.Model, changed.EmbeddingModel);
        await SettleAsync(host, changed, "d0.txt");

        // As if there had never been another model.
        await using ServiceProvider fresh = freehold.Build(server.Settings(isDefault: true));
        CreatedTenant created = await fresh.GetRequiredService<CreateTenant>().RunAsync(
            new NewTenant("t" + Guid.NewGuid().ToString("N")[..16], Plan: "enterprise"), Caller.Admin(), TimeSpan.FromSeconds(60), default);
        TenantPlacement other = await freehold.PlacementAsync(created.Tenant);
        Assert.Equal(WordServer.Model, other.EmbeddingModel);
        for (int i = 0; i < 40; i++)
        {
            await freehold.UploadAsync(other, $"d{i}.txt", i == 0 ? Text(0) + $"\n\nUpload {uploads}." : Text(i));
            await SettleAsync(fresh, other, $"d{i}.txt");
        }

        Assert.Equal(await freehold.ScalarAsync<string>(other, Vectors), await freehold.ScalarAsync<string>(changed, Vectors));
        Assert.Equal(0L, await freehold.ScalarAsync<long>(changed, "select count(*) from pg_tables where tablename = 'embeddings_next'"));
        await freehold.AssertStatisticsAsync(changed, (int)await freehold.ScalarAsync<long>(changed, "select count(*) from chunks"));

        // And back.
        Assert.Equal("done", (await ChangeAsync(host, tenant, "lexical-384")).State);
        Assert.Equal(384, await freehold.ScalarAsync<int>(changed, "select dimensions from settings"));
    }

    [ServerFact]
    public async Task Estimate_is_what_is_then_counted()
    {
        await using WordServer server = new();
        await using ServiceProvider host = freehold.Build(server.Settings());
        TenantPlacement tenant = await freehold.ProvisionAsync();
        foreach (string page in Directory.EnumerateFiles(DocsOfThisRepository(), "*.md"))
        {
            Assert.Equal("ready", (await freehold.IngestAsync(tenant, Path.GetFileName(page), await File.ReadAllTextAsync(page))).State);
        }

        await freehold.Get<UsageFlush>().RunAsync(default);
        ModelChangeEstimate estimate = await host.GetRequiredService<EstimateModelChange>().RunAsync(tenant.Id, WordServer.Model, default);
        Assert.Equal("lexical-384", estimate.Model);
        Assert.True(estimate.Chunks > 5);
        Assert.Equal(estimate.Tokens * 0.5m / 1_000_000, estimate.Price);
        long before = await TokensAsync(tenant);

        Assert.Equal("done", (await ChangeAsync(host, tenant, WordServer.Model)).State);

        await host.GetRequiredService<UsageFlush>().RunAsync(default);
        double counted = await TokensAsync(tenant) - before;
        Assert.InRange(counted / estimate.Tokens!.Value, 0.95, 1.05);
        ImpossibleRequestException unknown = await Assert.ThrowsAsync<ImpossibleRequestException>(
            () => host.GetRequiredService<EstimateModelChange>().RunAsync(tenant.Id, "none", default));
        Assert.Equal("unknown-model", unknown.Problem);
    }

    [ServerFact]
    public async Task Change_waits_for_its_model_and_can_be_paused_resumed_overtaken_and_deleted()
    {
        await using WordServer server = new() { IsAway = true };
        await using ServiceProvider host = freehold.Build(server.Settings());
        TenantPlacement tenant = await freehold.ProvisionAsync();
        await freehold.IngestAsync(tenant, "a.txt", Text(1));
        Guid change = await StartAsync(host, tenant, WordServer.Model);

        Assert.False(await host.GetRequiredService<RunOperation>().RunAsync(change, default));

        Operation waiting = (await host.GetRequiredService<OperationStore>().FindAsync(change, default))!;
        Assert.Equal(("queued", 0), (waiting.State, waiting.Attempts));
        Assert.Equal("The embedding model could not be reached.", waiting.Failure);
        Assert.Equal(1, waiting.Details!.Value.GetProperty("total").GetInt32());
        Assert.Single(await freehold.SearchAsync(tenant, "walnut1", "hybrid"));

        PauseOperation pause = host.GetRequiredService<PauseOperation>();
        await pause.RunAsync(change, Caller.Admin(), default);
        server.IsAway = false;
        await DueAsync(change);
        await host.GetRequiredService<RunOperation>().RunAsync(change, default);
        Assert.Equal("paused", (await host.GetRequiredService<OperationStore>().FindAsync(change, default))!.Step);
        await pause.ResumeAsync(change, Caller.Admin(), default);
        Assert.Equal("done", (await FinishAsync(host, change)).State);
        await Assert.ThrowsAsync<OperationNotPausableException>(() => pause.RunAsync(change, Caller.Admin(), default));
        await Assert.ThrowsAsync<OperationNotFoundException>(() => pause.ResumeAsync(Guid.NewGuid(), Caller.Admin(), default));

        // Back, and forth again before that has begun: nothing is left to do.
        Guid back = await StartAsync(host, tenant, "lexical-384");
        Guid forth = await StartAsync(host, tenant, WordServer.Model);
        Assert.Equal("Overtaken by change-model.", (await host.GetRequiredService<OperationStore>().FindAsync(back, default))!.Failure);
        await host.GetRequiredService<RunOperation>().RunAsync(forth, default);
        Assert.Equal("done", (await host.GetRequiredService<OperationStore>().FindAsync(forth, default))!.State);
        Assert.Equal(WordServer.Model, await freehold.ScalarAsync<string>(tenant, "select embedding_model from settings"));

        Guid last = await StartAsync(host, tenant, "lexical-384");
        await freehold.EraseAsync(tenant.Id);
        Assert.Equal("Overtaken by delete.", (await host.GetRequiredService<OperationStore>().FindAsync(last, default))!.Failure);
    }

    [ServerFact]
    public async Task Change_that_was_killed_between_database_and_catalog_serves_meanwhile_and_is_put_right()
    {
        await using WordServer server = new();
        await using ServiceProvider host = freehold.Build(server.Settings());
        TenantPlacement tenant = await freehold.ProvisionAsync();
        await freehold.IngestAsync(tenant, "a.txt", Text(1));
        await ChangeAsync(host, tenant, WordServer.Model);
        await ExecuteAsync("update catalog.tenants set embedding_model = 'lexical-384', next_embedding_model = 'words-24' where uid = $1", tenant.Uid);
        TenantPlacement behind = await freehold.PlacementAsync(tenant.Id);
        Assert.Equal("lexical-384", behind.EmbeddingModel);

        foreach (string mode in (string[])["dense", "hybrid"])
        {
            Assert.Single((await host.GetRequiredService<SearchChunks>().RunAsync(behind, new SearchRequest("walnut1", Mode: mode), default)).Passages);
        }

        // What is embedded with the former model is not published, and no attempt is lost.
        await freehold.UploadAsync(behind, "b.txt", Text(2));
        await host.GetRequiredService<ChunkDocument>().RunAsync(behind, DocumentPath.Parse("b.txt"), default);
        DocumentStatus refused = (await freehold.StatusAsync(tenant, "b.txt"))!;
        Assert.Equal(("queued", "The tenant's embedding model is being changed, or has just been."), (refused.State, refused.Failure?.Reason));

        Guid again = await StartAsync(host, tenant, WordServer.Model);
        await host.GetRequiredService<RunOperation>().RunAsync(again, default);
        TenantPlacement now = await freehold.PlacementAsync(tenant.Id);
        Assert.Equal(WordServer.Model, now.EmbeddingModel);
        await SettleAsync(host, now, "b.txt");
    }

    [ServerFact]
    public async Task Tenant_whose_model_is_not_configured_is_searched_by_words_and_its_documents_wait()
    {
        await using WordServer server = new();
        await using ServiceProvider host = freehold.Build(server.Settings());
        TenantPlacement tenant = await freehold.ProvisionAsync();
        await freehold.IngestAsync(tenant, "a.txt", Text(1));
        await ChangeAsync(host, tenant, WordServer.Model);
        TenantPlacement changed = await freehold.PlacementAsync(tenant.Id);

        Assert.Single(await freehold.SearchAsync(changed, "walnut1"));
        ModelMissingException refusal = await Assert.ThrowsAsync<ModelMissingException>(() => freehold.SearchAsync(changed, "walnut1", "hybrid"));
        Assert.Equal("model-not-configured", refusal.Problem);
        await freehold.UploadAsync(changed, "b.txt", Text(2));
        await freehold.LookAtAsync(changed, "b.txt");
        DocumentStatus waiting = (await freehold.StatusAsync(tenant, "b.txt"))!;
        Assert.Equal("queued", waiting.State);
        Assert.Null(waiting.Failure);
        var fleet = await freehold.Get<Freehold.Provisioning.Fleet.DescribeFleet>().RunAsync(default);
        Assert.Contains(WordServer.Model, fleet.ModelsNotConfigured);
        Assert.True(fleet.EmbeddingModels[WordServer.Model] > 0);
    }

    [ServerFact]
    public async Task Staged_document_of_the_former_model_is_embedded_with_the_new_one()
    {
        await using WordServer server = new();
        await using ServiceProvider host = freehold.Build(server.Settings());
        await using ServiceProvider staging = freehold.Build(
            server.Settings(), services => services.AddSingleton(new EmbeddingModel("lexical-384", 384, 0.1, 2)));
        TenantPlacement tenant = await freehold.ProvisionAsync();
        await freehold.UploadAsync(tenant, "long.txt", string.Join("\n\n", Enumerable.Range(0, 200).Select(Text)));
        Assert.True(await staging.GetRequiredService<ChunkDocument>().RunAsync(tenant, DocumentPath.Parse("long.txt"), default));

        await ChangeAsync(host, tenant, WordServer.Model);

        TenantPlacement changed = await freehold.PlacementAsync(tenant.Id);
        while (await host.GetRequiredService<EmbedChunks>().RunAsync(changed, DocumentPath.Parse("long.txt"), default))
        {
        }

        DocumentStatus status = (await freehold.StatusAsync(tenant, "long.txt"))!;
        Assert.Equal("ready", status.State);
        await freehold.AssertStatisticsAsync(changed, status.Chunks);
    }

    private static string DocsOfThisRepository()
    {
        string? folder = AppContext.BaseDirectory;
        while (!File.Exists(Path.Combine(folder!, "Serverless.sln")))
        {
            folder = Path.GetDirectoryName(folder);
        }

        return Path.Combine(folder!, "docs");
    }

    private static string Text(int n) => $"Document {n} is about walnut{n} and how it grows.";

    private static Task<Guid> StartAsync(IServiceProvider host, TenantPlacement tenant, string model) => StartAsync(
        host, tenant.Id, host.GetRequiredService<EstimateModelChange>().ChangeTo(model));

    private static async Task<Guid> StartAsync(IServiceProvider host, TenantId tenant, TenantChange change) =>
        (await host.GetRequiredService<ChangeTenant>().RunAsync(tenant, change, Caller.Admin(), TimeSpan.Zero, default)).Id;

    private async Task<Operation> ChangeAsync(IServiceProvider host, TenantPlacement tenant, string model)
    {
        return await FinishAsync(host, await StartAsync(host, tenant, model));
    }

    /// <summary>What the queue and the timer do until the operation is over.</summary>
    private async Task<Operation> FinishAsync(IServiceProvider host, Guid id)
    {
        for (int turn = 0; turn < 100; turn++)
        {
            await DueAsync(id);
            await host.GetRequiredService<RunOperation>().RunAsync(id, default);
            if (await host.GetRequiredService<OperationStore>().FindAsync(id, default) is { FinishedAt: not null } operation)
            {
                return operation;
            }

            await Task.Delay(50);
        }

        throw new TimeoutException("The change does not end.");
    }

    private async Task SettleAsync(IServiceProvider host, TenantPlacement tenant, string path)
    {
        for (int i = 0; i < 100 && (await freehold.StatusAsync(tenant, path))!.State != "ready"; i++)
        {
            await ExecuteAsync("update work.documents set next_attempt_at = now() where tenant_uid = $1 and state <> 'ready'", tenant.Uid);
            await host.GetRequiredService<ChunkDocument>().RunAsync(tenant, DocumentPath.Parse(path), default);
            while (await host.GetRequiredService<EmbedChunks>().RunAsync(tenant, DocumentPath.Parse(path), default))
            {
            }
        }

        Assert.Equal("ready", (await freehold.StatusAsync(tenant, path))!.State);
    }

    private Task<long> TokensAsync(TenantPlacement tenant) =>
        freehold.Get<UsageStore>().SumAsync(tenant.Uid, Metric.TokensEmbedded, DateOnly.MinValue.AddYears(2000), default);

    private Task DueAsync(Guid operation) =>
        ExecuteAsync("update catalog.operations set next_attempt_at = now() where id = $1 and next_attempt_at is not null and lease is null", operation);

    private async Task ExecuteAsync(string sql, Guid id)
    {
        await using NpgsqlCommand command = freehold.Get<CatalogDatabase>().Command(sql);
        command.Parameters.Add(new NpgsqlParameter<Guid> { TypedValue = id });
        await command.ExecuteNonQueryAsync();
    }
}
