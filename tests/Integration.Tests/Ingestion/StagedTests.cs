using Freehold.Ai;
using Freehold.Ingestion;
using Freehold.Integration.Tests.Fixtures;
using Freehold.Postgres;
using Freehold.Storage;
using Freehold.Tenants;
using Microsoft.Extensions.DependencyInjection;

namespace Freehold.Integration.Tests.Ingestion;

/// <summary>Versions that are staged, and never published since a newer one came: nothing of them stays.</summary>
public sealed class StagedTests(FreeholdFixture freehold) : IClassFixture<FreeholdFixture>
{
    private static readonly DocumentPath Path = DocumentPath.Parse("long.txt");
    private static readonly string Long = string.Join("\n\n", Enumerable.Range(0, 10).Select(i => $"{new string('w', 900)} paragraph {i}."));

    [ServerFact]
    public async Task Attempt_that_stages_after_a_newer_version_was_published_leaves_nothing()
    {
        TenantPlacement tenant = await freehold.ProvisionAsync();
        await freehold.IngestAsync(tenant, Path.Value, "The newest text.");

        await StageLateAsync(tenant);

        await AssertNothingStagedAsync(tenant);
        await freehold.AssertStatisticsAsync(tenant, chunks: 1);
    }

    [ServerFact]
    public async Task Version_that_cannot_be_read_ends_the_one_that_is_staged_and_keeps_the_one_that_is_published()
    {
        await using ServiceProvider staged = Staged();
        TenantPlacement tenant = await freehold.ProvisionAsync();
        await freehold.IngestAsync(tenant, Path.Value, "Published text.");
        await freehold.UploadAsync(tenant, Path.Value, Long);
        Assert.True(await staged.GetRequiredService<ChunkDocument>().RunAsync(tenant, Path, default));

        DocumentStatus failed = await freehold.IngestAsync(tenant, Path.Value, " ");

        Assert.Equal("failed", failed.State);
        await AssertNothingStagedAsync(tenant);
        await StageLateAsync(tenant);
        await AssertNothingStagedAsync(tenant);
        Assert.Single(await freehold.SearchAsync(tenant, "published"));
        Assert.Equal("ready", (await freehold.IngestAsync(tenant, Path.Value, "Readable again.")).State);
    }

    private ServiceProvider Staged() => freehold.Build([], services => services.AddSingleton(new EmbeddingModel("lexical-384", 384, 0.1, 2)));

    // What an attempt of an older version does that goes on all the while.
    private async Task StageLateAsync(TenantPlacement tenant)
    {
        DocumentClaim late = new(tenant.Uid, Path.Value, 0, 1, 0, DateTimeOffset.UtcNow.AddMinutes(5), true, false);
        await using TenantConnection connection = await freehold.Get<TenantDataSources>().OpenAsync(tenant, WakeCause.Search, default);
        DocumentSlice slice = new([new(0, "", null, 0, 4, "late", 1, 1, Guid.NewGuid())], [new TextPiece(0, "late")], IsLast: true);
        await new StagingStore(connection, late, "lexical-384").StageAsync(
            () => new DocumentHead("etag", 4, [1], null, "text/plain", "{}"),
            slice,
            () => throw new InvalidOperationException(),
            KnownVectors.None,
            default);
    }

    private async Task AssertNothingStagedAsync(TenantPlacement tenant) => Assert.Equal(0L, await freehold.ScalarAsync<long>(
        tenant,
        """
        select (select count(*) from staged_documents) + (select count(*) from staged_chunks)
            + (select count(*) from texts t where not exists (select from documents d where d.version = t.version))
        """));
}
