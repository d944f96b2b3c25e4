using Freehold.Ai;
using Freehold.Ingestion;
using Freehold.Ingestion.Chunking;
using Freehold.Integration.Tests.Fixtures;
using Freehold.Postgres;
using Freehold.Storage;
using Freehold.Tenants;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;

namespace Freehold.Integration.Tests.Ingestion;

/// <summary>What comes too late, twice, at the same time, or from a host that died: the newest state of storage is what stays.</summary>
public sealed class OvertakenTests(FreeholdFixture freehold) : IClassFixture<FreeholdFixture>
{
    [ServerFact]
    public async Task Versions_in_a_hurry_end_with_the_newest_and_exact_statistics()
    {
        TenantPlacement tenant = await freehold.ProvisionAsync();
        DocumentPath path = DocumentPath.Parse("busy.txt");
        await Parallel.ForAsync(0, 40, new ParallelOptions { MaxDegreeOfParallelism = 8 }, async (i, _) =>
        {
            await freehold.UploadAsync(tenant, path.Value, $"Version word{i} " + string.Join(' ', Enumerable.Repeat("filler", i)));
            await freehold.Get<ChunkDocument>().RunAsync(tenant, path, default);
        });

        // What the storage events that follow, and the sweep, would do.
        await Task.Delay(1_100);
        await freehold.LookAtAsync(tenant, "busy.txt");

        Assert.Equal("ready", (await freehold.StatusAsync(tenant, "busy.txt"))!.State);
        await using OpenBlob blob = (await freehold.Get<DocumentBlobs>().OpenAsync(tenant.Id, path, default))!;
        string newest = await new StreamReader(blob.Content).ReadToEndAsync();
        Assert.Equal(newest, await freehold.ScalarAsync<string>(tenant, "select string_agg(content, '' order by start_at) from texts"));
        await freehold.AssertStatisticsAsync(tenant, chunks: 1);
    }

    private static DocumentHead Head { get; } = new("etag", 5, [1], null, "text/plain", "{}");

    private static DocumentSlice Slice(string text) => new([new Chunk(0, "", null, 0, 4, text, 1, 1, Guid.NewGuid())], [new TextPiece(0, text)], IsLast: true);

    private static Task<PublishedDocument?> PublishAsync(TenantConnection connection, DocumentClaim claim, string text)
    {
        DocumentSlice slice = Slice(text);
        return new PassageStore(connection, claim, "lexical-384").PublishAsync(
            () => Head,
            new EmbeddedSlice(slice, slice.Chunks, [new float[384]]),
            () => throw new InvalidOperationException(),
            KnownVectors.None,
            default);
    }

    [ServerFact]
    public async Task Attempt_that_was_overtaken_publishes_nothing()
    {
        TenantPlacement tenant = await freehold.ProvisionAsync();
        await freehold.IngestAsync(tenant, "a.txt", "The newest text.");
        DocumentClaim late = new(tenant.Uid, "a.txt", 0, 1, 0, DateTimeOffset.UtcNow.AddMinutes(5), true, false);

        await using var connection = await freehold.Get<TenantDataSources>().OpenAsync(tenant, WakeCause.Search, default);
        Assert.Null(await PublishAsync(connection, late, "late"));
        Assert.Null(await PublishAsync(connection, late with { Number = long.MaxValue >> 21, Until = DateTimeOffset.UtcNow }, "late"));

        Assert.Single(await freehold.SearchAsync(tenant, "newest"));
        Assert.Empty(await freehold.SearchAsync(tenant, "late"));
        await freehold.AssertStatisticsAsync(tenant, chunks: 1);
    }

    [ServerFact]
    public async Task Content_that_is_there_again_is_not_kept_while_another_takes_its_place()
    {
        TenantPlacement tenant = await freehold.ProvisionAsync();
        await freehold.IngestAsync(tenant, "a.txt", "Here at first.");
        TenantDataSources dataSources = freehold.Get<TenantDataSources>();
        await using TenantConnection holder = await dataSources.OpenAsync(tenant, WakeCause.Documents, default);
        await using TenantConnection older = await dataSources.OpenAsync(tenant, WakeCause.Documents, default);
        await using TenantConnection newer = await dataSources.OpenAsync(tenant, WakeCause.Documents, default);
        byte[] hash = await freehold.ScalarAsync<byte[]>(tenant, "select content_hash from documents");
        long claim = await freehold.ScalarAsync<long>(tenant, "select claim from documents");
        DocumentClaim first = new(tenant.Uid, "a.txt", claim + 1, 1, 0, DateTimeOffset.UtcNow.AddMinutes(5), true, false);
        await using NpgsqlTransaction hold = await holder.Connection.BeginTransactionAsync();
        await using (NpgsqlCommand all = new("update corpus_statistics set chunks = chunks", holder.Connection, hold))
        {
            await all.ExecuteNonQueryAsync();
        }

        Task<PublishedDocument?> publishing = PublishAsync(older, first, "Another text.");
        await Task.Delay(500);
        Task<(PublishedDocument? Same, KnownVectors Known)> keeping =
            new PassageStore(newer, first with { Number = claim + 2 }, "lexical-384").KeepSameAsync("etag", hash, default);
        await Task.Delay(500);
        await hold.RollbackAsync();

        Assert.NotNull(await publishing);
        Assert.Null((await keeping).Same);
        await freehold.AssertStatisticsAsync(tenant, chunks: 1);
    }

    [ServerFact]
    public async Task Attempt_that_was_slower_than_a_deletion_brings_nothing_back()
    {
        TenantPlacement tenant = await freehold.ProvisionAsync();
        DocumentPath path = DocumentPath.Parse("a.txt");
        await freehold.UploadAsync(tenant, "a.txt", "Deleted while it was read.");
        BlobVersion blob = (await freehold.Get<DocumentBlobs>().FindAsync(tenant.Id, path, default))!.Value;
        DocumentClaim slow = (await freehold.Get<Claims>().TakeAsync(tenant.Uid, path, blob, count: true, default))!;
        await freehold.Get<DeleteDocument>().RunAsync(tenant, path, condition: null, default);
        await freehold.LookAtAsync(tenant, "a.txt");

        await using var connection = await freehold.Get<TenantDataSources>().OpenAsync(tenant, WakeCause.Search, default);
        Assert.Null(await PublishAsync(connection, slow, "slow"));
        await new StagingStore(connection, slow, "lexical-384").StageAsync(() => Head, Slice("slow"), () => throw new InvalidOperationException(), KnownVectors.None, default);

        await freehold.AssertStatisticsAsync(tenant, chunks: 0);
        Assert.Equal(0L, await freehold.ScalarAsync<long>(tenant, "select (select count(*) from documents) + (select count(*) from staged_chunks)"));
        DocumentStatus again = await freehold.IngestAsync(tenant, "a.txt", "Here again.");
        Assert.Equal("ready", again.State);
    }

    [ServerFact]
    public async Task Host_that_died_between_publishing_and_saying_so_is_made_up_for()
    {
        await using ServiceProvider staged = freehold.Build([], services => services.AddSingleton(new EmbeddingModel("lexical-384", 384, 0.1, 2)));
        TenantPlacement tenant = await freehold.ProvisionAsync();
        DocumentPath path = DocumentPath.Parse("long.txt");
        await freehold.UploadAsync(tenant, path.Value, string.Join("\n\n", Enumerable.Repeat(new string('w', 900) + " words.", 10)));
        await staged.GetRequiredService<ChunkDocument>().RunAsync(tenant, path, default);
        DocumentClaim claim = (await freehold.Get<Claims>().TakeEmbeddingAsync(tenant.Uid, path, default))!;
        await using (var connection = await freehold.Get<TenantDataSources>().OpenAsync(tenant, WakeCause.Search, default))
        {
            StagingStore store = new(connection, claim, "lexical-384");
            IReadOnlyList<StagedChunk> chunks = await store.NextAsync(null, 100, default);
            await store.StoreAsync(chunks, [.. chunks.Select(_ => (ReadOnlyMemory<float>)new float[384])], default);
            Assert.NotNull(await store.PublishAsync(new ClaimKeeper(freehold.Get<Claims>(), claim, TimeProvider.System), default));
        }

        await freehold.Get<Claims>().AwaitEmbeddingAsync(claim, default);
        await staged.GetRequiredService<EmbedChunks>().RunAsync(tenant, path, default);

        DocumentStatus status = (await freehold.StatusAsync(tenant, "long.txt"))!;
        Assert.Equal("ready", status.State);
        await freehold.AssertStatisticsAsync(tenant, status.Chunks);
    }

    [ServerFact]
    public async Task Host_that_stops_in_the_middle_leaves_the_document_to_the_next_at_once()
    {
        TenantPlacement tenant = await freehold.ProvisionAsync();
        DocumentPath path = DocumentPath.Parse("a.txt");
        await freehold.UploadAsync(tenant, "a.txt", "Interrupted.");
        using CancellationTokenSource stop = new();
        await using ServiceProvider stopping = freehold.Build([], services => services.AddSingleton<IEmbeddingGenerator<string, Embedding<float>>>(
            new StoppingEmbedder(stop)));

        await Assert.ThrowsAnyAsync<OperationCanceledException>(
            () => stopping.GetRequiredService<ChunkDocument>().RunAsync(tenant, path, stop.Token));

        Assert.Equal("queued", (await freehold.StatusAsync(tenant, "a.txt"))!.State);
        await freehold.LookAtAsync(tenant, "a.txt");
        Assert.Equal("ready", (await freehold.StatusAsync(tenant, "a.txt"))!.State);
    }

    [ServerFact]
    public async Task Document_put_back_while_its_deletion_is_handled_is_taken_in_at_once()
    {
        TenantPlacement tenant = await freehold.ProvisionAsync();
        DocumentPath path = DocumentPath.Parse("a.txt");
        await freehold.IngestAsync(tenant, "a.txt", "First.");
        await freehold.Get<DeleteDocument>().RunAsync(tenant, path, condition: null, default);
        await freehold.UploadAsync(tenant, "a.txt", "Second.");
        DocumentClaim removal = (await freehold.Get<Claims>().TakeRemovalAsync(tenant.Uid, path, default))!;

        await freehold.Get<Claims>().StartAnewAsync(removal, default);
        await freehold.LookAtAsync(tenant, "a.txt");

        Assert.Single(await freehold.SearchAsync(tenant, "second"));
    }

    [ServerFact]
    public async Task Document_whose_attempts_end_without_a_word_fails_in_the_end()
    {
        TenantPlacement tenant = await freehold.ProvisionAsync();
        DocumentPath path = DocumentPath.Parse("killer.txt");
        await freehold.UploadAsync(tenant, "killer.txt", "Takes its host down.");
        BlobVersion blob = (await freehold.Get<DocumentBlobs>().FindAsync(tenant.Id, path, default))!.Value;
        for (int i = 0; i <= Failures.MaxLapses; i++)
        {
            Assert.NotNull(await freehold.Get<Claims>().TakeAsync(tenant.Uid, path, blob, count: true, default));
            await using var lapse = freehold.Get<CatalogDatabase>().Command(
                $"update work.documents set next_attempt_at = now() where tenant_uid = '{tenant.Uid}'");
            await lapse.ExecuteNonQueryAsync();
        }

        await freehold.LookAtAsync(tenant, "killer.txt");

        DocumentStatus status = (await freehold.StatusAsync(tenant, "killer.txt"))!;
        Assert.Equal("failed", status.State);
        Assert.Equal("Several attempts to read the file ended without a result.", status.Failure!.Reason);
    }

    [ServerFact]
    public async Task Upload_that_was_on_its_way_while_its_tenant_was_erased_falls_to_nobody()
    {
        TenantPlacement tenant = await freehold.ProvisionAsync();
        await freehold.EraseAsync(tenant.Id);

        await Assert.ThrowsAsync<TenantNotReadyException>(() => freehold.UploadAsync(tenant, "late.txt", "Too late."));

        Assert.Null(await freehold.Get<DocumentBlobs>().FindAsync(tenant.Id, DocumentPath.Parse("late.txt"), default));
    }

    [ServerFact]
    public async Task Large_upload_arrives_whole_and_one_that_another_overtook_is_told_so()
    {
        TenantPlacement tenant = await freehold.ProvisionAsync();
        string[] texts = [.. Enumerable.Range(0, 3).Select(i => string.Concat(Enumerable.Repeat($"Sentence number {i} of a long text. ", 300_000)))];

        Exception?[] outcomes = await Task.WhenAll(texts.Select(text => Record.ExceptionAsync(() => freehold.UploadAsync(tenant, "large.txt", text))));

        Assert.All(outcomes, outcome => Assert.True(outcome is null or ConcurrentUploadException, outcome?.ToString()));
        Assert.Contains(null, outcomes);
        await using OpenBlob blob = (await freehold.Get<DocumentBlobs>().OpenAsync(tenant.Id, DocumentPath.Parse("large.txt"), default))!;
        Assert.Contains(await new StreamReader(blob.Content).ReadToEndAsync(), texts);
    }

    /// <summary>Stops the host in the middle of a document.</summary>
    private sealed class StoppingEmbedder(CancellationTokenSource stop) : IEmbeddingGenerator<string, Embedding<float>>
    {
        public async Task<GeneratedEmbeddings<Embedding<float>>> GenerateAsync(
            IEnumerable<string> values, EmbeddingGenerationOptions? options = null, CancellationToken cancellationToken = default)
        {
            await stop.CancelAsync();
            cancellationToken.ThrowIfCancellationRequested();
            return [];
        }

        public object? GetService(Type serviceType, object? serviceKey = null) => null;

        public void Dispose()
        {
        }
    }
}
