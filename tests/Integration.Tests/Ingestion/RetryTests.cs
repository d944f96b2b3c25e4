using Freehold.Ingestion;
using Freehold.Integration.Tests.Fixtures;
using Freehold.Messaging;
using Freehold.Storage;
using Freehold.Tenants;

namespace Freehold.Integration.Tests.Ingestion;

public sealed class RetryTests(FreeholdFixture freehold) : IClassFixture<FreeholdFixture>
{
    [ServerFact]
    public async Task Failed_documents_are_tried_again_one_or_all_and_no_others()
    {
        TenantPlacement tenant = await freehold.ProvisionAsync();
        await freehold.IngestAsync(tenant, "good.txt", "Good.");
        await FailAsync(tenant, "a.txt");
        await FailAsync(tenant, "b.txt");
        RetryDocuments retry = freehold.Get<RetryDocuments>();

        RetriedDocuments one = await retry.RunAsync(tenant, new DocumentRetry("a.txt"), default);
        Assert.Equal((1, DocumentChanged.For(tenant.Uid, "a.txt")), (one.Count, Assert.Single(one.WakeUps.Documents)));
        Assert.Equal("queued", (await freehold.StatusAsync(tenant, "a.txt"))!.State);
        Assert.Equal(1, (await retry.RunAsync(tenant, new DocumentRetry(All: true), default)).Count);
        Assert.Equal(0, (await retry.RunAsync(tenant, new DocumentRetry(All: true), default)).Count);

        await Assert.ThrowsAsync<DocumentNotFailedException>(() => retry.RunAsync(tenant, new DocumentRetry("good.txt"), default));
        await Assert.ThrowsAsync<DocumentNotFoundException>(() => retry.RunAsync(tenant, new DocumentRetry("none.txt"), default));
        await Assert.ThrowsAsync<InvalidInputException>(() => retry.RunAsync(tenant, new DocumentRetry(), default));
        await Assert.ThrowsAsync<InvalidInputException>(() => retry.RunAsync(tenant, new DocumentRetry("a.txt", All: true), default));
    }

    [ServerFact]
    public async Task Retry_reaches_no_other_tenants_documents()
    {
        TenantPlacement tenant = await freehold.ProvisionAsync();
        TenantPlacement other = await freehold.ProvisionAsync();
        await FailAsync(other, "secret.txt");

        Assert.Equal(0, (await freehold.Get<RetryDocuments>().RunAsync(tenant, new DocumentRetry(All: true), default)).Count);
        await Assert.ThrowsAsync<DocumentNotFoundException>(
            () => freehold.Get<RetryDocuments>().RunAsync(tenant, new DocumentRetry("secret.txt"), default));
        Assert.Equal("failed", (await freehold.StatusAsync(other, "secret.txt"))!.State);
    }

    [ServerFact]
    public async Task Operator_sees_what_has_failed_over_all_tenants_in_pages()
    {
        TenantPlacement one = await freehold.ProvisionAsync();
        TenantPlacement two = await freehold.ProvisionAsync();
        await FailAsync(one, "a.txt");
        await FailAsync(one, "b.txt");
        await FailAsync(two, "c.txt");
        FailedDocuments failed = freehold.Get<FailedDocuments>();

        List<string> seen = [];
        string? cursor = null;
        IReadOnlyList<FailedDocument> page;
        do
        {
            page = await failed.ListAsync(new FailedDocumentQuery(null, "extract", FailedDocumentPlace.Parse(cursor), 2), default);
            seen.AddRange(page.Select(document => $"{document.Tenant}/{document.Path}"));
            cursor = page.Count == 0 ? null : page[^1].Cursor;
        }
        while (page.Count == 2);

        Assert.All((string[])[$"{one.Id}/a.txt", $"{one.Id}/b.txt", $"{two.Id}/c.txt"], name => Assert.Contains(name, seen));
        FailedDocument document = Assert.Single(await failed.ListAsync(new FailedDocumentQuery(two.Id, null, FailedDocumentPlace.Parse(null), 10), default));
        Assert.Equal((two.Id.Value, "c.txt", "extract", "The file is empty.", 1), (document.Tenant, document.Path, document.Step, document.Reason, document.Attempts));
        Assert.Empty(await failed.ListAsync(new FailedDocumentQuery(two.Id, "quota", FailedDocumentPlace.Parse(null), 10), default));
    }

    [ServerFact]
    public async Task Message_delivered_in_vain_fails_its_document_unless_that_is_done()
    {
        TenantPlacement tenant = await freehold.ProvisionAsync();
        await freehold.IngestAsync(tenant, "done.txt", "Done.");
        await freehold.UploadAsync(tenant, "dead.txt", "Its message is dead.");
        await freehold.IngestAsync(tenant, "gone.txt", "Gone.");
        await freehold.Get<DocumentBlobs>().DeleteAsync(tenant.Id, DocumentPath.Parse("gone.txt"), condition: null, default);
        BuryMessage bury = freehold.Get<BuryMessage>();

        await bury.RunAsync(Queues.DeadDocuments, DocumentChanged.For(tenant.Uid, "done.txt"), default);
        await bury.RunAsync(Queues.DeadEmbeddings, EmbeddingDue.For(tenant.Uid, "dead.txt"), default);
        WakeUps woken = await bury.RunAsync(
            Queues.DeadBlobDeletions,
            $$"""{"eventType":"Microsoft.Storage.BlobDeleted","subject":"/blobServices/default/containers/documents/blobs/{{tenant.Id}}/gone.txt"}""",
            default);
        await bury.RunAsync(Queues.DeadDocuments, "not a message", default);

        Assert.Equal("ready", (await freehold.StatusAsync(tenant, "done.txt"))!.State);
        DocumentStatus dead = (await freehold.StatusAsync(tenant, "dead.txt"))!;
        Assert.Equal(("failed", "message"), (dead.State, dead.Failure!.Step));
        Assert.Equal([DocumentChanged.For(tenant.Uid, "gone.txt")], woken.Documents);
        Assert.Contains(
            await freehold.Get<AuditLog>().ListAsync(new AuditQuery(null, null, null, null, 10), default), entry => entry.Action == "malformed-message");

        Assert.Equal(1, (await freehold.Get<RetryDocuments>().RunAsync(tenant, new DocumentRetry("dead.txt"), default)).Count);
        await freehold.LookAtAsync(tenant, "dead.txt");
        Assert.Equal("ready", (await freehold.StatusAsync(tenant, "dead.txt"))!.State);
    }

    [ServerFact]
    public async Task Summary_counts_one_tenants_documents()
    {
        TenantPlacement tenant = await freehold.ProvisionAsync();
        TenantPlacement other = await freehold.ProvisionAsync();
        await freehold.IngestAsync(other, "a.txt", "Another's.");
        await freehold.IngestAsync(tenant, "a.txt", "Ready.");
        await FailAsync(tenant, "b.txt");
        await freehold.UploadAsync(tenant, "c.txt", "Queued.");

        DocumentSummary summary = await freehold.Get<SummarizeDocuments>().RunAsync(tenant.Uid, default);

        Assert.Equal((3L, 1L, 1L, 1L, 1L), (summary.Total, summary.Queued, summary.Ready, summary.Failed, summary.Searchable));
        Assert.Equal((13L, 1L, 0.2, 300.0), (summary.Bytes, summary.Chunks, summary.PerMinute, summary.SecondsLeft));
        Assert.NotNull(summary.OldestQueuedAt);
        DocumentSummary none = await freehold.Get<SummarizeDocuments>().RunAsync(Guid.Empty, default);
        Assert.Equal((0L, 0.0, null), (none.Total, none.SecondsLeft, none.OldestQueuedAt));
    }

    private async Task FailAsync(TenantPlacement tenant, string path)
    {
        await freehold.WriteBlobAsync(tenant, path, string.Empty);
        await freehold.LookAtAsync(tenant, path);
        Assert.Equal("failed", (await freehold.StatusAsync(tenant, path))!.State);
    }
}
