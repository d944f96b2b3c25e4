using Freehold.Ai;
using Freehold.Ingestion;
using Freehold.Integration.Tests.Fixtures;
using Freehold.Messaging;
using Freehold.Sql;
using Freehold.Storage;
using Freehold.Tenants;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;

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
        string text = await freehold.ScalarAsync<string>(tenant, "select string_agg(content, '' order by start_at) from texts");
        Assert.Equal(text[passage.Start..passage.End], passage.Text);
    }

    [ServerFact]
    public async Task Blob_written_by_any_client_ends_the_same_as_an_upload()
    {
        TenantPlacement tenant = await freehold.ProvisionAsync();
        await freehold.WriteBlobAsync(tenant, "direct.txt", "Written past the API.");

        await freehold.LookAtAsync(tenant, "direct.txt");

        Assert.Equal("ready", (await freehold.StatusAsync(tenant, "direct.txt"))!.State);
        Assert.Single(await freehold.SearchAsync(tenant, "written past"));
    }

    [ServerFact]
    public async Task Event_that_follows_an_upload_finds_nothing_to_do()
    {
        TenantPlacement tenant = await freehold.ProvisionAsync();
        await freehold.IngestAsync(tenant, "a.txt", "Once.");
        long version = await freehold.ScalarAsync<long>(tenant, "select version from documents");

        await freehold.LookAtAsync(tenant, "a.txt");

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
        await freehold.AssertStatisticsAsync(tenant, chunks: 1);
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
    public async Task Same_content_of_another_media_type_is_read_again()
    {
        TenantPlacement tenant = await freehold.ProvisionAsync();
        DocumentPath path = DocumentPath.Parse("notes");
        async Task<DocumentStatus> IngestAsync(string mediaType)
        {
            await freehold.Get<UploadDocument>().RunAsync(
                tenant, path, new MemoryStream("# Leave\n\nEverybody has 27 days."u8.ToArray()), new UploadTerms(MediaType: mediaType), default);
            await freehold.LookAtAsync(tenant, path.Value);
            return (await freehold.StatusAsync(tenant, path.Value))!;
        }

        DocumentStatus plain = await IngestAsync("text/plain");
        DocumentStatus markdown = await IngestAsync("text/markdown");

        Assert.Equal(("text/plain", null), (plain.MediaType, plain.Title));
        Assert.Equal(("text/markdown", "Leave"), (markdown.MediaType, markdown.Title));
        Assert.Equal("Leave", await freehold.ScalarAsync<string>(tenant, "select heading from chunks"));
    }

    [ServerFact]
    public async Task Same_content_is_cut_anew_where_chunks_are_to_be_smaller()
    {
        TenantPlacement tenant = await freehold.ProvisionAsync();
        string text = string.Join("\n\n", Enumerable.Range(0, 20).Select(i => $"Paragraph {i} has a few words about the matter of number {i}."));
        DocumentStatus first = await freehold.IngestAsync(tenant, "a.txt", text);
        await using ServiceProvider other = freehold.Build(new() { ["Ingestion:ChunkTarget"] = "40", ["Ingestion:ChunkMaximum"] = "60", ["Ingestion:ChunkOverlap"] = "0" });

        await freehold.UploadAsync(tenant, "a.txt", text);
        await other.GetRequiredService<ChunkDocument>().RunAsync(tenant, DocumentPath.Parse("a.txt"), default);

        Assert.True((await freehold.StatusAsync(tenant, "a.txt"))!.Chunks > first.Chunks);
    }

    [ServerFact]
    public async Task Document_waits_for_storage_that_is_away_and_is_not_written_off()
    {
        TenantPlacement tenant = await freehold.ProvisionAsync();
        await freehold.UploadAsync(tenant, "a.txt", "Still there.");
        await using ServiceProvider cutOff = freehold.Build(new()
        {
            ["Storage"] = $"DefaultEndpointsProtocol=http;AccountName=away;AccountKey={Convert.ToBase64String(new byte[64])};BlobEndpoint=http://127.0.0.1:1/away;QueueEndpoint=http://127.0.0.1:1/away;",
        });

        Assert.False(await cutOff.GetRequiredService<ChunkDocument>().RunAsync(tenant, DocumentPath.Parse("a.txt"), default));

        // What a message that was delivered in vain would do, had it come to that.
        await freehold.Get<Notes>().FailAsync(tenant, DocumentPath.Parse("a.txt"), "In vain.", default);
        Assert.Equal("queued", (await freehold.StatusAsync(tenant, "a.txt"))!.State);
        await MakeDueAsync(tenant);
        await freehold.LookAtAsync(tenant, "a.txt");
        Assert.Equal("ready", (await freehold.StatusAsync(tenant, "a.txt"))!.State);
    }

    [ServerFact]
    public async Task Document_that_waits_for_room_still_counts_what_its_attempts_came_to()
    {
        TenantPlacement tenant = await freehold.ProvisionAsync();
        DocumentPath path = DocumentPath.Parse("a.txt");
        await freehold.UploadAsync(tenant, path.Value, "Deadly.");
        BlobVersion blob = (await freehold.Get<DocumentBlobs>().FindAsync(tenant.Id, path, default))!.Value;
        for (int lapses = 0; lapses < 3; lapses++)
        {
            DocumentClaim claim = (await freehold.Get<Claims>().TakeAsync(tenant.Uid, path, blob, count: true, default))!;
            Assert.Equal((lapses + 1, lapses), (claim.Attempts, claim.Lapses));
            await MakeDueAsync(tenant);
            await freehold.Get<Manifest>().PostponeAsync(tenant.Uid, path, blob, TimeSpan.FromSeconds(1), default);
            await MakeDueAsync(tenant);
        }
    }

    private async Task MakeDueAsync(TenantPlacement tenant)
    {
        await using NpgsqlCommand command = freehold.Get<WorkStore>()
            .Command("update work.documents set next_attempt_at = now(), busy_until = null where tenant_uid = $1").With(tenant.Uid);
        await command.ExecuteNonQueryAsync();
    }

    [ServerFact]
    public async Task Deleted_blob_takes_the_document_along()
    {
        TenantPlacement tenant = await freehold.ProvisionAsync();
        await freehold.IngestAsync(tenant, "a.txt", "Soon gone.");
        await freehold.IngestAsync(tenant, "b.txt", "Still here.");

        await freehold.Get<DeleteDocument>().RunAsync(tenant, DocumentPath.Parse("a.txt"), condition: null, default);
        await freehold.LookAtAsync(tenant, "a.txt");

        Assert.Null(await freehold.StatusAsync(tenant, "a.txt"));
        Assert.Empty(await freehold.SearchAsync(tenant, "soon gone"));
        Assert.Single(await freehold.SearchAsync(tenant, "still here"));
        await freehold.AssertStatisticsAsync(tenant, chunks: 1);
        await Assert.ThrowsAsync<DocumentNotFoundException>(
            () => freehold.Get<DeleteDocument>().RunAsync(tenant, DocumentPath.Parse("a.txt"), condition: null, default));
    }

    [ServerFact]
    public async Task Unreadable_document_fails_with_a_reason_and_the_version_before_is_still_found()
    {
        TenantPlacement tenant = await freehold.ProvisionAsync();
        await freehold.IngestAsync(tenant, "a.md", "The good version.");
        await freehold.WriteBlobAsync(tenant, "a.md", string.Empty);

        await freehold.LookAtAsync(tenant, "a.md");
        await freehold.LookAtAsync(tenant, "a.md");

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
        await freehold.AssertStatisticsAsync(tenant, status.Chunks);
    }

    [ServerFact]
    public async Task Document_of_a_tenant_in_the_making_waits_for_it()
    {
        TenantPlacement tenant = await freehold.ProvisionAsync();
        await freehold.WriteBlobAsync(tenant, "early.txt", "Too early.");

        await freehold.Get<ChunkDocument>().RunAsync(tenant with { State = TenantState.Provisioning }, DocumentPath.Parse("early.txt"), default);

        Assert.Equal("queued", (await freehold.StatusAsync(tenant, "early.txt"))!.State);
        await Task.Delay(TimeSpan.FromSeconds(5.2));
        WakeUps forgotten = await freehold.Get<ResumeDocuments>().RunAsync(default);
        Assert.Contains(forgotten.Documents, message => message.Contains(tenant.Uid.ToString(), StringComparison.Ordinal));
        await freehold.LookAtAsync(tenant, "early.txt");
        Assert.Equal("ready", (await freehold.StatusAsync(tenant, "early.txt"))!.State);
    }

    [ServerFact]
    public async Task Upload_over_the_limit_of_the_wrong_kind_or_empty_is_refused_and_leaves_nothing()
    {
        TenantPlacement tenant = await freehold.ProvisionAsync();
        await using ServiceProvider small = freehold.Build(new() { ["Ingestion:MaxUploadBytes"] = "1000" });
        UploadDocument upload = small.GetRequiredService<UploadDocument>();
        Task Upload(string path, byte[] body, long? length = null) =>
            upload.RunAsync(tenant, DocumentPath.Parse(path), new MemoryStream(body), new UploadTerms(length), default);

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
}
