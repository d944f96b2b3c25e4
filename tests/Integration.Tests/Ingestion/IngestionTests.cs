using Freehold.Ai;
using Freehold.Ingestion;
using Freehold.Integration.Tests.Fixtures;
using Freehold.Storage;
using Freehold.Tenants;
using Microsoft.Extensions.DependencyInjection;

namespace Freehold.Integration.Tests.Ingestion;

public sealed class IngestionTests(FreeholdFixture freehold) : IClassFixture<FreeholdFixture>
{
    [ServerFact]
    public async Task Uploaded_document_is_ready_and_found_with_what_a_citation_needs()
    {
        TenantPlacement tenant = await freehold.ProvisionAsync();

        DocumentStatus status = await freehold.IngestAsync(tenant, "handbook/leave.md", "# Leave\n\n## Annual\n\nEverybody has 27 days of leave.");

        Assert.Equal(("ready", true, "Leave", "text/markdown"), (status.State, status.Searchable, status.Title, status.MediaType));
        var passage = Assert.Single(await freehold.SearchAsync(tenant, "days of leave"));
        Assert.Equal("handbook/leave.md", passage.Document);
        string text = await freehold.ScalarAsync<string>(tenant, "select text from documents");
        Assert.Equal(text[passage.Start..passage.End], passage.Text);
    }

    [ServerFact]
    public async Task Blob_written_by_any_client_ends_the_same_as_an_upload()
    {
        TenantPlacement tenant = await freehold.ProvisionAsync();
        await WriteBlobAsync(tenant, "direct.txt", "Written past the API.");

        await LookAtAsync(tenant, "direct.txt");

        Assert.Equal("ready", (await freehold.StatusAsync(tenant, "direct.txt"))!.State);
        Assert.Single(await freehold.SearchAsync(tenant, "written past"));
    }

    [ServerFact]
    public async Task Event_that_follows_an_upload_finds_nothing_to_do()
    {
        TenantPlacement tenant = await freehold.ProvisionAsync();
        await freehold.IngestAsync(tenant, "a.txt", "Once.");
        long version = await freehold.ScalarAsync<long>(tenant, "select version from documents");

        await LookAtAsync(tenant, "a.txt");

        Assert.Equal(version, await freehold.ScalarAsync<long>(tenant, "select version from documents"));
        Assert.Equal(version, await freehold.ScalarAsync<long>(tenant, "select claim from documents"));
    }

    [ServerFact]
    public async Task Uploading_again_replaces_the_text_and_the_statistics()
    {
        TenantPlacement tenant = await freehold.ProvisionAsync();
        await freehold.IngestAsync(tenant, "a.txt", "Old words about walnuts.");
        await freehold.IngestAsync(tenant, "a.txt", "New words about hazelnuts, and a few more of them.");

        Assert.Empty(await freehold.SearchAsync(tenant, "walnuts"));
        Assert.Single(await freehold.SearchAsync(tenant, "hazelnuts"));
        await AssertStatisticsAsync(tenant, chunks: 1);
    }

    [ServerFact]
    public async Task Same_content_again_keeps_the_passages()
    {
        TenantPlacement tenant = await freehold.ProvisionAsync();
        DocumentStatus first = await freehold.IngestAsync(tenant, "a.txt", "Just the same.");
        long version = await freehold.ScalarAsync<long>(tenant, "select version from documents");

        DocumentStatus second = await freehold.IngestAsync(tenant, "a.txt", "Just the same.");

        Assert.NotEqual(first.ETag, second.ETag);
        Assert.Equal("ready", second.State);
        Assert.Equal(version, await freehold.ScalarAsync<long>(tenant, "select version from documents"));
    }

    [ServerFact]
    public async Task Deleted_blob_takes_the_document_along()
    {
        TenantPlacement tenant = await freehold.ProvisionAsync();
        await freehold.IngestAsync(tenant, "a.txt", "Soon gone.");
        await freehold.IngestAsync(tenant, "b.txt", "Still here.");

        await freehold.Get<DeleteDocument>().RunAsync(tenant, DocumentPath.Parse("a.txt"), default);
        await LookAtAsync(tenant, "a.txt");

        Assert.Null(await freehold.StatusAsync(tenant, "a.txt"));
        Assert.Empty(await freehold.SearchAsync(tenant, "soon gone"));
        Assert.Single(await freehold.SearchAsync(tenant, "still here"));
        await AssertStatisticsAsync(tenant, chunks: 1);
        await Assert.ThrowsAsync<DocumentNotFoundException>(
            () => freehold.Get<DeleteDocument>().RunAsync(tenant, DocumentPath.Parse("a.txt"), default));
    }

    [ServerFact]
    public async Task Unreadable_document_fails_with_a_reason_and_the_version_before_is_still_found()
    {
        TenantPlacement tenant = await freehold.ProvisionAsync();
        await freehold.IngestAsync(tenant, "a.md", "The good version.");
        await WriteBlobAsync(tenant, "a.md", string.Empty);

        await LookAtAsync(tenant, "a.md");
        await LookAtAsync(tenant, "a.md");

        DocumentStatus status = (await freehold.StatusAsync(tenant, "a.md"))!;
        Assert.Equal(("failed", true), (status.State, status.Searchable));
        Assert.Equal(new DocumentFailure("extract", "The file is empty."), status.Failure);
        Assert.Single(await freehold.SearchAsync(tenant, "good version"));
    }

    [ServerFact]
    public async Task Longer_document_waits_in_stages_and_appears_whole()
    {
        await using ServiceProvider staged = freehold.Build([], services => services.AddSingleton(new EmbeddingModel("lexical-384", 384, 0.1, 2)));
        TenantPlacement tenant = await freehold.ProvisionAsync();
        await freehold.IngestAsync(tenant, "long.txt", "The version before, about walnuts.");
        string text = string.Join("\n\n", Enumerable.Range(0, 40).Select(i => $"Paragraph {i}. " + string.Join(' ', Enumerable.Repeat("filler words", 40))));
        await freehold.UploadAsync(tenant, "long.txt", text);

        Assert.True(await staged.GetRequiredService<ChunkDocument>().RunAsync(tenant, DocumentPath.Parse("long.txt"), default));
        Assert.Equal("embedding", (await freehold.StatusAsync(tenant, "long.txt"))!.State);
        Assert.Single(await freehold.SearchAsync(tenant, "walnuts"));
        Assert.Empty(await freehold.SearchAsync(tenant, "filler"));

        Assert.False(await staged.GetRequiredService<EmbedChunks>().RunAsync(tenant, DocumentPath.Parse("long.txt"), default));
        DocumentStatus status = (await freehold.StatusAsync(tenant, "long.txt"))!;
        Assert.Equal("ready", status.State);
        Assert.True(status.Chunks > 10);
        Assert.Empty(await freehold.SearchAsync(tenant, "walnuts"));
        Assert.Equal(status.Chunks, (await freehold.SearchAsync(tenant, "filler", limit: 100)).Count);
        Assert.Equal(status.Chunks, (await freehold.SearchAsync(tenant, "filler", "dense", limit: 100)).Count);
        Assert.Equal(0L, await freehold.ScalarAsync<long>(tenant, "select count(*) from staged_chunks"));
        await AssertStatisticsAsync(tenant, status.Chunks);
    }

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
        await LookAtAsync(tenant, "busy.txt");

        Assert.Equal("ready", (await freehold.StatusAsync(tenant, "busy.txt"))!.State);
        await using OpenBlob blob = (await freehold.Get<DocumentBlobs>().OpenAsync(tenant.Id, path, default))!;
        string newest = await new StreamReader(blob.Content).ReadToEndAsync();
        Assert.Equal(newest, await freehold.ScalarAsync<string>(tenant, "select text from documents"));
        await AssertStatisticsAsync(tenant, chunks: 1);
    }

    [ServerFact]
    public async Task Attempt_that_was_overtaken_publishes_nothing()
    {
        TenantPlacement tenant = await freehold.ProvisionAsync();
        await freehold.IngestAsync(tenant, "a.txt", "The newest text.");
        DocumentClaim late = new(tenant.Uid, "a.txt", 0, 1, 0, DateTimeOffset.UtcNow.AddMinutes(5), true, false);

        await using var connection = await freehold.Get<Freehold.Postgres.TenantDataSources>().OpenAsync(tenant, default);
        DocumentVersion version = new("a.txt", "etag", [1], null, "text/plain", 5, "late", [new Chunk(0, "", null, 0, 4, "late", 1)]);
        Assert.False(await new PassageStore(connection, late).PublishAsync(version, [new float[384]], default));
        Assert.False(await new PassageStore(connection, late with { Number = long.MaxValue >> 21, Until = DateTimeOffset.UtcNow })
            .PublishAsync(version, [new float[384]], default));

        Assert.Single(await freehold.SearchAsync(tenant, "newest"));
        Assert.Empty(await freehold.SearchAsync(tenant, "late"));
        await AssertStatisticsAsync(tenant, chunks: 1);
    }

    [ServerFact]
    public async Task Attempt_that_was_slower_than_a_deletion_brings_nothing_back()
    {
        TenantPlacement tenant = await freehold.ProvisionAsync();
        DocumentPath path = DocumentPath.Parse("a.txt");
        await freehold.UploadAsync(tenant, "a.txt", "Deleted while it was read.");
        BlobVersion blob = (await freehold.Get<DocumentBlobs>().FindAsync(tenant.Id, path, default))!.Value;
        DocumentClaim slow = (await freehold.Get<Claims>().TakeAsync(tenant.Uid, path, blob, default))!;
        await freehold.Get<DeleteDocument>().RunAsync(tenant, path, default);
        await LookAtAsync(tenant, "a.txt");

        await using var connection = await freehold.Get<Freehold.Postgres.TenantDataSources>().OpenAsync(tenant, default);
        DocumentVersion version = new("a.txt", blob.ETag, [1], null, "text/plain", 4, "slow", [new Chunk(0, "", null, 0, 4, "slow", 1)]);
        Assert.False(await new PassageStore(connection, slow).PublishAsync(version, [new float[384]], default));
        await new StagingStore(connection, slow).StageAsync(version, default);

        await AssertStatisticsAsync(tenant, chunks: 0);
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
        await using (var connection = await freehold.Get<Freehold.Postgres.TenantDataSources>().OpenAsync(tenant, default))
        {
            StagingStore store = new(connection, claim);
            IReadOnlyList<StagedChunk> chunks = await store.NextAsync(100, default);
            await store.StoreAsync(chunks, [.. chunks.Select(_ => (ReadOnlyMemory<float>)new float[384])], default);
            Assert.NotNull(await store.PublishAsync(default));
        }

        await freehold.Get<Claims>().AwaitEmbeddingAsync(claim, default);
        await staged.GetRequiredService<EmbedChunks>().RunAsync(tenant, path, default);

        DocumentStatus status = (await freehold.StatusAsync(tenant, "long.txt"))!;
        Assert.Equal("ready", status.State);
        await AssertStatisticsAsync(tenant, status.Chunks);
    }

    [ServerFact]
    public async Task Document_whose_attempts_end_without_a_word_fails_in_the_end()
    {
        TenantPlacement tenant = await freehold.ProvisionAsync();
        DocumentPath path = DocumentPath.Parse("killer.txt");
        await freehold.UploadAsync(tenant, "killer.txt", "Takes its host down.");
        BlobVersion blob = (await freehold.Get<DocumentBlobs>().FindAsync(tenant.Id, path, default))!.Value;
        for (int i = 0; i < 4; i++)
        {
            Assert.NotNull(await freehold.Get<Claims>().TakeAsync(tenant.Uid, path, blob, default));
            await using var lapse = freehold.Get<CatalogDatabase>().Command(
                $"update work.documents set next_attempt_at = now() where tenant_uid = '{tenant.Uid}'");
            await lapse.ExecuteNonQueryAsync();
        }

        await LookAtAsync(tenant, "killer.txt");

        DocumentStatus status = (await freehold.StatusAsync(tenant, "killer.txt"))!;
        Assert.Equal("failed", status.State);
        Assert.Equal("Several attempts to read the file ended without a result.", status.Failure!.Reason);
    }

    [ServerFact]
    public async Task Upload_that_was_on_its_way_while_its_tenant_was_erased_falls_to_nobody()
    {
        TenantPlacement tenant = await freehold.ProvisionAsync();
        Guid deletion = await freehold.Get<Freehold.Provisioning.DeleteTenant>().RunAsync(tenant.Id, null, default);
        await freehold.Get<Freehold.Provisioning.RunOperation>().RunAsync(deletion, default);

        await Assert.ThrowsAsync<TenantNotReadyException>(() => freehold.UploadAsync(tenant, "late.txt", "Too late."));

        Assert.Null(await freehold.Get<DocumentBlobs>().FindAsync(tenant.Id, DocumentPath.Parse("late.txt"), default));
    }

    [ServerFact]
    public async Task Document_of_a_tenant_in_the_making_waits_for_it()
    {
        TenantPlacement tenant = await freehold.ProvisionAsync();
        await WriteBlobAsync(tenant, "early.txt", "Too early.");

        await freehold.Get<ChunkDocument>().RunAsync(tenant with { State = TenantState.Provisioning }, DocumentPath.Parse("early.txt"), default);

        Assert.Equal("queued", (await freehold.StatusAsync(tenant, "early.txt"))!.State);
        await Task.Delay(TimeSpan.FromSeconds(5.2));
        ForgottenDocuments forgotten = await freehold.Get<ResumeDocuments>().RunAsync(default);
        Assert.Contains(forgotten.Documents, message => message.Contains(tenant.Uid.ToString(), StringComparison.Ordinal));
        await LookAtAsync(tenant, "early.txt");
        Assert.Equal("ready", (await freehold.StatusAsync(tenant, "early.txt"))!.State);
    }

    [ServerFact]
    public async Task Upload_over_the_limit_of_the_wrong_kind_or_empty_is_refused_and_leaves_nothing()
    {
        TenantPlacement tenant = await freehold.ProvisionAsync();
        await using ServiceProvider small = freehold.Build(new() { ["Ingestion:MaxUploadBytes"] = "1000" });
        UploadDocument upload = small.GetRequiredService<UploadDocument>();
        Task Upload(string path, byte[] body, long? length = null) =>
            upload.RunAsync(tenant, DocumentPath.Parse(path), new MemoryStream(body), length, null, default);

        await Assert.ThrowsAsync<DocumentTooLargeException>(() => Upload("a.txt", [], 1001));
        await Assert.ThrowsAsync<DocumentTooLargeException>(() => Upload("a.txt", [.. Enumerable.Repeat((byte)'a', 6_000_000)]));
        await Assert.ThrowsAsync<UnsupportedMediaException>(() => Upload("a.exe", [1, 2, 3]));
        await Assert.ThrowsAsync<ImpossibleRequestException>(() => Upload("a.txt", []));
        await Assert.ThrowsAsync<ImpossibleRequestException>(() => Upload("a.pdf", "not a pdf"u8.ToArray()));

        Assert.Empty(await freehold.Get<Manifest>().ListAsync(tenant.Uid, null, null, 10, default));
        foreach (string path in (string[])["a.txt", "a.exe", "a.pdf"])
        {
            Assert.Null(await freehold.Get<DocumentBlobs>().FindAsync(tenant.Id, DocumentPath.Parse(path), default));
        }
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

    private Task<bool> LookAtAsync(TenantPlacement tenant, string path) =>
        freehold.Get<ChunkDocument>().RunAsync(tenant, DocumentPath.Parse(path), default);

    private async Task WriteBlobAsync(TenantPlacement tenant, string path, string text) => await freehold.Get<DocumentBlobs>().UploadAsync(
        tenant.Id, DocumentPath.Parse(path), new MemoryStream(System.Text.Encoding.UTF8.GetBytes(text)), null, "application/octet-stream", default);

    private async Task AssertStatisticsAsync(TenantPlacement tenant, int chunks)
    {
        Assert.Equal((long)chunks, await freehold.ScalarAsync<long>(tenant, "select count(*) from chunks"));
        Assert.Equal((long)chunks, await freehold.ScalarAsync<long>(tenant, "select count(*) from embeddings"));
        Assert.Equal((decimal)chunks, await freehold.ScalarAsync<decimal>(tenant, "select sum(chunks) from corpus_statistics"));
        Assert.True(await freehold.ScalarAsync<bool>(
            tenant, "select (select sum(length) from corpus_statistics) = (select coalesce(sum(length), 0) from chunks)"));
    }
}
