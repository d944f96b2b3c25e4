using System.Text;
using Freehold.Ingestion;
using Freehold.Integration.Tests.Fixtures;
using Freehold.Provisioning;
using Freehold.Storage;
using Freehold.Tenants;
using Freehold.Usage;
using Microsoft.Extensions.DependencyInjection;

namespace Freehold.Integration.Tests.Usage;

/// <summary>Plans hold, to the document, and what they refuse leaves nothing and comes in later.</summary>
public sealed class QuotaTests(FreeholdFixture freehold) : IClassFixture<FreeholdFixture>
{
    [ServerFact]
    public async Task As_many_documents_as_the_plan_allows_come_in_and_not_one_more()
    {
        await using ServiceProvider host = Host("MaxDocuments", 3);
        TenantPlacement tenant = await freehold.ProvisionAsync();
        TenantPlacement other = await freehold.ProvisionAsync();
        for (int i = 0; i < 3; i++)
        {
            await UploadAsync(host, tenant, $"{i}.txt", "text");
        }

        QuotaExceededException refusal = await Assert.ThrowsAsync<QuotaExceededException>(() => UploadAsync(host, tenant, "3.txt", "text"));
        Assert.Equal(("documents", 3, 3), (refusal.Quota, refusal.Limit, refusal.Used));
        Assert.Null(await freehold.Get<DocumentBlobs>().FindAsync(tenant.Id, DocumentPath.Parse("3.txt"), default));
        await UploadAsync(host, other, "3.txt", "text");

        // One that is there may be replaced.
        await UploadAsync(host, tenant, "1.txt", "another text");
        await LookAtAsync(host, tenant, "1.txt");
        Assert.Equal("ready", (await freehold.StatusAsync(tenant, "1.txt"))!.State);

        await host.GetRequiredService<DeleteDocument>().RunAsync(tenant, DocumentPath.Parse("2.txt"), condition: null, default);
        await LookAtAsync(host, tenant, "2.txt");
        await UploadAsync(host, tenant, "3.txt", "text");
    }

    [ServerFact]
    public async Task Uploads_at_the_same_time_meet_the_limit_exactly()
    {
        await using ServiceProvider host = Host("MaxDocuments", 10);
        TenantPlacement tenant = await freehold.ProvisionAsync();
        Assert.Equal(20, await UploadAtOnceAsync([host], tenant, 30));
        await AssertDocumentsAsync(tenant, 10);
    }

    [ServerFact]
    public async Task Hosts_near_the_limit_meet_it_exactly()
    {
        await using ServiceProvider one = Host("MaxDocuments", 10);
        await using ServiceProvider other = Host("MaxDocuments", 10);
        TenantPlacement tenant = await freehold.ProvisionAsync();
        Assert.Equal(0, await UploadAtOnceAsync([one, other], tenant, 9));
        await Task.Delay(2_100);
        Assert.Equal(29, await UploadAtOnceAsync([one, other], tenant, 30, "more"));
        await AssertDocumentsAsync(tenant, 10);
    }

    [ServerFact]
    public async Task Bytes_are_refused_before_they_come_in_or_as_soon_as_they_are_too_many()
    {
        await using ServiceProvider host = Host("MaxStoredBytes", 1_000);
        TenantPlacement tenant = await freehold.ProvisionAsync();
        await UploadAsync(host, tenant, "a.txt", new string('a', 600));

        QuotaExceededException declared = await Assert.ThrowsAsync<QuotaExceededException>(
            () => UploadAsync(host, tenant, "b.txt", new string('b', 401)));
        Assert.Equal(("stored-bytes", 1_000, 600), (declared.Quota, declared.Limit, declared.Used));
        await Assert.ThrowsAsync<QuotaExceededException>(() => UploadAsync(host, tenant, "b.txt", new string('b', 401), isDeclared: false));
        await UploadAsync(host, tenant, "b.txt", new string('b', 400), isDeclared: false);
        await UploadAsync(host, tenant, "a.txt", new string('c', 600));

        Assert.Equal(1_000, (await Assert.ThrowsAsync<DocumentTooLargeException>(
            () => UploadAsync(host, tenant, "c.txt", new string('c', 1_001)))).Limit);
        Assert.Equal(new Totals(2, 1_000, 0), await host.GetRequiredService<TenantTotals>().FindAsync(tenant.Uid, default));
    }

    [ServerFact]
    public async Task Blob_beyond_the_plan_fails_with_the_figure_and_comes_in_when_there_is_room()
    {
        await using ServiceProvider host = Host("MaxDocuments", 2);
        TenantPlacement tenant = await freehold.ProvisionAsync();
        foreach (string path in (string[])["a.txt", "b.txt", "c.txt", "d.txt"])
        {
            await freehold.WriteBlobAsync(tenant, path, $"The file {path}.");
            await LookAtAsync(host, tenant, path);
        }

        DocumentStatus refused = (await freehold.StatusAsync(tenant, "c.txt"))!;
        Assert.Equal(("failed", "quota", false), (refused.State, refused.Failure!.Step, refused.Searchable));
        Assert.Equal("The plan allows 2 documents; 2 are in use. Delete documents, or ask for a larger plan.", refused.Failure.Reason);
        await freehold.AssertStatisticsAsync(tenant, chunks: 2);
        Assert.Equal(2, (await host.GetRequiredService<TenantTotals>().FindAsync(tenant.Uid, default)).Documents);

        // Room for one.
        await host.GetRequiredService<DeleteDocument>().RunAsync(tenant, DocumentPath.Parse("a.txt"), condition: null, default);
        await LookAtAsync(host, tenant, "a.txt");
        await LookAtAsync(host, tenant, "c.txt");
        await LookAtAsync(host, tenant, "d.txt");
        Assert.Equal(("ready", "failed"), ((await freehold.StatusAsync(tenant, "c.txt"))!.State, (await freehold.StatusAsync(tenant, "d.txt"))!.State));

        // A larger plan.
        StartedOperation larger = await freehold.Get<ChangeTenant>().RunAsync(
            tenant.Id, TenantChange.SetPlan("enterprise"), Caller.Admin(), TimeSpan.FromSeconds(30), default);
        Assert.True(larger.Done);
        await freehold.LookAtAsync(tenant, "d.txt");
        Assert.Equal("ready", (await freehold.StatusAsync(tenant, "d.txt"))!.State);
        await freehold.AssertStatisticsAsync(tenant, chunks: 3);
    }

    [ServerFact]
    public async Task Text_with_too_many_passages_fails_and_the_earlier_version_stays_searchable()
    {
        await using ServiceProvider host = Host("MaxChunks", 3);
        TenantPlacement tenant = await freehold.ProvisionAsync();
        await TakeInAsync(host, tenant, "a.txt", "The earlier version.");
        await TakeInAsync(host, tenant, "b.txt", "Another document.");
        string tooLong = string.Join("\n\n", Enumerable.Range(0, 40).Select(i => $"Paragraph {i}. " + string.Join(' ', Enumerable.Repeat("later", 40))));

        DocumentStatus status = await TakeInAsync(host, tenant, "a.txt", tooLong);
        Assert.Equal(("failed", "quota", true), (status.State, status.Failure!.Step, status.Searchable));
        Assert.StartsWith("The plan allows 3 passages; 1 are in use.", status.Failure.Reason, StringComparison.Ordinal);
        Assert.Single(await freehold.SearchAsync(tenant, "earlier"));
        Assert.Empty(await freehold.SearchAsync(tenant, "later"));

        // What it replaces makes room for it.
        Assert.Equal("ready", (await TakeInAsync(host, tenant, "a.txt", "Another version.")).State);
        Assert.Equal("ready", (await TakeInAsync(host, tenant, "c.txt", "A third document.")).State);
        Assert.Equal("ready", (await TakeInAsync(host, tenant, "c.txt", "The third one again.")).State);
        DocumentStatus fourth = await TakeInAsync(host, tenant, "d.txt", "A fourth.");
        Assert.Equal("quota", fourth.Failure!.Step);
        Assert.Equal(new Totals(3, 16 + 17 + 20, 3), await host.GetRequiredService<TenantTotals>().FindAsync(tenant.Uid, default));
    }

    [ServerFact]
    public async Task Tokens_of_a_month_run_out_and_are_the_tenants_own()
    {
        await using ServiceProvider host = Host("EmbeddedTokensPerMonth", 10);
        TenantPlacement tenant = await freehold.ProvisionAsync();
        TenantPlacement other = await freehold.ProvisionAsync();
        Assert.Equal("ready", (await TakeInAsync(host, tenant, "a.txt", "one two three four five six")).State);
        Assert.Equal("failed", (await TakeInAsync(host, tenant, "b.txt", "one two three four five")).State);
        Assert.Equal("ready", (await TakeInAsync(host, tenant, "c.txt", "one two three four")).State);
        DocumentStatus last = await TakeInAsync(host, tenant, "d.txt", "one");
        Assert.Equal("The plan allows 10 embedded tokens a month; 10 are in use. Wait for the next month, or ask for a larger plan.", last.Failure!.Reason);
        Assert.Equal("ready", (await TakeInAsync(host, other, "a.txt", "one two three four five six")).State);
    }

    private ServiceProvider Host(string limit, long most) => freehold.Build(new()
    {
        ["Tenants:DefaultPlan"] = "enterprise",
        ["Tenants:Plans:0:Name"] = "enterprise",
        [$"Tenants:Plans:0:{limit}"] = $"{most}",
    });

    private static async Task UploadAsync(ServiceProvider host, TenantPlacement tenant, string path, string text, bool isDeclared = true)
    {
        byte[] bytes = Encoding.UTF8.GetBytes(text);
        await host.GetRequiredService<UploadDocument>().RunAsync(
            tenant, DocumentPath.Parse(path), new MemoryStream(bytes), new UploadTerms(isDeclared ? bytes.Length : null), default);
    }

    /// <returns>How many were refused.</returns>
    private static async Task<int> UploadAtOnceAsync(ServiceProvider[] hosts, TenantPlacement tenant, int documents, string name = "document")
    {
        int refused = 0;
        await Parallel.ForAsync(0, documents, new ParallelOptions { MaxDegreeOfParallelism = 10 }, async (i, _) =>
        {
            try
            {
                await UploadAsync(hosts[i % hosts.Length], tenant, $"{name}-{i}.txt", "text");
            }
            catch (QuotaExceededException)
            {
                Interlocked.Increment(ref refused);
            }
        });
        return refused;
    }

    private async Task AssertDocumentsAsync(TenantPlacement tenant, int documents)
    {
        IReadOnlyList<DocumentStatus> listed = await freehold.Get<Manifest>().ListAsync(tenant.Uid, null, null, 100, default);
        Assert.Equal(documents, listed.Count);
        foreach (DocumentStatus document in listed)
        {
            Assert.NotNull(await freehold.Get<DocumentBlobs>().FindAsync(tenant.Id, DocumentPath.Parse(document.Path), default));
        }
    }

    private static Task<bool> LookAtAsync(ServiceProvider host, TenantPlacement tenant, string path) =>
        host.GetRequiredService<ChunkDocument>().RunAsync(tenant, DocumentPath.Parse(path), default);

    private async Task<DocumentStatus> TakeInAsync(ServiceProvider host, TenantPlacement tenant, string path, string text)
    {
        await freehold.WriteBlobAsync(tenant, path, text);
        await LookAtAsync(host, tenant, path);
        return (await freehold.StatusAsync(tenant, path))!;
    }
}
