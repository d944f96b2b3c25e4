using System.IO.Compression;
using System.Text;
using Freehold.Ingestion;
using Freehold.Integration.Tests.Fixtures;
using Freehold.Storage;
using Freehold.Tenants;
using Microsoft.Extensions.DependencyInjection;

namespace Freehold.Integration.Tests.Ingestion;

/// <summary>Each entry of an archive becomes a document, and goes with it.</summary>
public sealed class ArchiveTests(FreeholdFixture freehold) : IClassFixture<FreeholdFixture>
{
    [ServerFact]
    public async Task Entries_of_an_archive_are_documents_and_follow_its_versions()
    {
        TenantPlacement tenant = await freehold.ProvisionAsync();
        await PutAsync(tenant, ("a.txt", "About walnuts."), ("folder/b.html", "<p>About hazelnuts.</p>"), ("__MACOSX/a.txt", "x"), ("../c.txt", "out"), ("picture.png", "GIF89a"));

        Assert.Equal("queued", (await LookAsync(tenant)).State);
        await SettleAsync(tenant);
        DocumentStatus archive = (await freehold.StatusAsync(tenant, "all.zip"))!;
        Assert.Equal(("ready", "application/zip", 0), (archive.State, archive.MediaType, archive.Chunks));
        Assert.Equal((3, 1), (archive.Metadata.GetProperty("entries").GetInt32(), archive.Metadata.GetProperty("skipped").GetInt32()));
        Assert.Equal("all.zip/a.txt", Assert.Single(await freehold.SearchAsync(tenant, "walnuts")).Document);
        Assert.Equal("all.zip/folder/b.html", Assert.Single(await freehold.SearchAsync(tenant, "hazelnuts")).Document);
        Assert.Equal("failed", (await freehold.StatusAsync(tenant, "all.zip/picture.png"))!.State);

        await PutAsync(tenant, ("a.txt", "About walnuts no more, but figs."), ("new.txt", "About almonds."));
        await LookAsync(tenant);
        await SettleAsync(tenant);
        Assert.Equal("ready", (await freehold.StatusAsync(tenant, "all.zip"))!.State);
        Assert.Equal(["all.zip", "all.zip/a.txt", "all.zip/new.txt"], await PathsAsync(tenant));
        Assert.Empty(await freehold.SearchAsync(tenant, "hazelnuts"));
        Assert.Single(await freehold.SearchAsync(tenant, "figs"));

        await freehold.Get<DeleteDocument>().RunAsync(tenant, DocumentPath.Parse("all.zip"), null, default);
        await freehold.LookAtAsync(tenant, "all.zip");
        await SettleAsync(tenant);
        Assert.Empty(await PathsAsync(tenant));
        Assert.Empty(await freehold.SearchAsync(tenant, "figs almonds"));
        await freehold.AssertStatisticsAsync(tenant, chunks: 0);
    }

    [ServerFact]
    public async Task Document_of_somebody_elses_below_an_archive_is_left_alone()
    {
        TenantPlacement tenant = await freehold.ProvisionAsync();
        await freehold.IngestAsync(tenant, "all.zip/a.txt", "Mine, about quinces.");

        await PutAsync(tenant, ("a.txt", "The archive's, about plums."), ("b.txt", "About pears."));
        await LookAsync(tenant);
        await SettleAsync(tenant);
        Assert.Single(await freehold.SearchAsync(tenant, "quinces"));
        Assert.Empty(await freehold.SearchAsync(tenant, "plums"));
        Assert.Single(await freehold.SearchAsync(tenant, "pears"));

        await freehold.Get<DeleteDocument>().RunAsync(tenant, DocumentPath.Parse("all.zip"), null, default);
        await freehold.LookAtAsync(tenant, "all.zip");
        await SettleAsync(tenant);
        Assert.Equal(["all.zip/a.txt"], await PathsAsync(tenant));
    }

    [ServerFact]
    public async Task Archive_beyond_the_limits_or_damaged_fails_with_its_reason_and_leaves_nothing()
    {
        await using ServiceProvider strict = freehold.Build(new()
        {
            ["Ingestion:MaxArchiveEntries"] = "3",
            ["Ingestion:MaxArchiveBytes"] = "4000000",
        });
        TenantPlacement tenant = await freehold.ProvisionAsync();

        await PutAsync(tenant, ("1.txt", "1"), ("2.txt", "2"), ("3.txt", "3"), ("4.txt", "4"));
        Assert.Contains("4 entries", await FailureAsync(strict, tenant), StringComparison.Ordinal);
        await PutAsync(tenant, ("1.txt", Convert.ToBase64String(new byte[3_100_000])));
        Assert.Contains("4,000,000 bytes", await FailureAsync(strict, tenant), StringComparison.Ordinal);
        await PutAsync(tenant, ("1.txt", new string('a', 3_000_000)));
        Assert.Contains("200 times", await FailureAsync(strict, tenant), StringComparison.Ordinal);
        await freehold.WriteBlobAsync(tenant, "all.zip", "This is no archive.");
        Assert.Contains("not a ZIP archive", await FailureAsync(strict, tenant), StringComparison.Ordinal);
        Assert.Equal(["all.zip"], await PathsAsync(tenant));
    }

    [ServerFact]
    public async Task Archive_in_an_archive_fails_with_its_reason()
    {
        TenantPlacement tenant = await freehold.ProvisionAsync();
        byte[] inner = Zip(("a.txt", Encoding.UTF8.GetBytes("Deep.")));
        await PutAsync(tenant, [("inner.zip", inner)]);
        await LookAsync(tenant);
        await SettleAsync(tenant);

        DocumentStatus nested = (await freehold.StatusAsync(tenant, "all.zip/inner.zip"))!;
        Assert.Equal("failed", nested.State);
        Assert.Contains("1 deep", nested.Failure!.Reason, StringComparison.Ordinal);
        Assert.Equal("ready", (await freehold.StatusAsync(tenant, "all.zip"))!.State);
    }

    private static byte[] Zip(params (string Name, byte[] Content)[] entries)
    {
        using MemoryStream bytes = new();
        using (ZipArchive zip = new(bytes, ZipArchiveMode.Create, leaveOpen: true))
        {
            foreach ((string name, byte[] content) in entries)
            {
                using Stream entry = zip.CreateEntry(name).Open();
                entry.Write(content);
            }
        }

        return bytes.ToArray();
    }

    private Task PutAsync(TenantPlacement tenant, params (string Name, string Content)[] entries) =>
        PutAsync(tenant, [.. entries.Select(entry => (entry.Name, Encoding.UTF8.GetBytes(entry.Content)))]);

    private async Task PutAsync(TenantPlacement tenant, (string Name, byte[] Content)[] entries) => await freehold.Get<DocumentBlobs>().UploadAsync(
        tenant.Id, DocumentPath.Parse("all.zip"), new MemoryStream(Zip(entries)), new BlobUpload("application/zip"), default);

    private async Task<DocumentStatus> LookAsync(TenantPlacement tenant)
    {
        await freehold.LookAtAsync(tenant, "all.zip");
        return (await freehold.StatusAsync(tenant, "all.zip"))!;
    }

    private async Task<string> FailureAsync(ServiceProvider host, TenantPlacement tenant)
    {
        await host.GetRequiredService<ChunkDocument>().RunAsync(tenant, DocumentPath.Parse("all.zip"), default);
        DocumentStatus status = (await freehold.StatusAsync(tenant, "all.zip"))!;
        Assert.Equal(("failed", "unpack"), (status.State, status.Failure?.Step));
        return status.Failure!.Reason;
    }

    private async Task<string[]> PathsAsync(TenantPlacement tenant) =>
        [.. (await freehold.Get<Manifest>().ListAsync(tenant.Uid, null, null, 100, default)).Select(document => document.Path)];

    // What the wake-ups do.
    private async Task SettleAsync(TenantPlacement tenant)
    {
        for (int i = 0; i < 50; i++)
        {
            IReadOnlyList<DocumentStatus> open = [.. (await freehold.Get<Manifest>().ListAsync(tenant.Uid, null, null, 100, default))
                .Where(document => document.State is not ("ready" or "failed"))];
            if (open.Count == 0)
            {
                return;
            }

            foreach (DocumentStatus document in open)
            {
                await freehold.LookAtAsync(tenant, document.Path);
            }

            await Task.Delay(100);
        }

        Assert.Fail("The documents do not come to an end.");
    }
}
