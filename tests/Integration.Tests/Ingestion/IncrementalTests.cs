using System.Globalization;
using System.Text;
using Freehold.Ai;
using Freehold.Ingestion;
using Freehold.Integration.Tests.Fixtures;
using Freehold.Postgres;
using Freehold.Storage;
using Freehold.Tenants;
using Freehold.Usage;
using Microsoft.Extensions.DependencyInjection;

namespace Freehold.Integration.Tests.Ingestion;

/// <summary>An edit costs what it changes, and a long document takes the memory of a slice.</summary>
public sealed class IncrementalTests(FreeholdFixture freehold) : IClassFixture<FreeholdFixture>
{
    // Forty lines a page.
    private static readonly string[] Pages = [.. Enumerable.Range(0, 500).Select(page => string.Join(
        '\n',
        Enumerable.Range(0, 8).Select(p => string.Join(
            ' ', Enumerable.Range(0, 5).Select(l => $"On page {page}, in paragraph {p}, line {l} says what number {(page * 7919) + (p * 31) + l} is for.")) + "\n")))];

    [ServerFact]
    public async Task Edited_line_of_a_long_document_embeds_the_chunks_around_it_alone()
    {
        TenantPlacement tenant = await freehold.ProvisionAsync();
        DocumentStatus first = await freehold.IngestAsync(tenant, "book.txt", string.Join('\n', Pages));
        Assert.Equal("ready", first.State);
        Assert.True(first.Chunks > 1_000, $"{first.Chunks} chunks.");
        long embedded = await EmbeddedAsync(tenant);
        Assert.Equal(first.Chunks, embedded);

        string edited = string.Join('\n', Pages).Replace("On page 250, in paragraph 3, line 2 says", "On page 250, a hedgehog says", StringComparison.Ordinal);
        DocumentStatus second = await freehold.IngestAsync(tenant, "book.txt", edited);

        Assert.Equal("ready", second.State);
        Assert.InRange(await EmbeddedAsync(tenant) - embedded, 1, 4);
        Assert.Contains("hedgehog", Assert.Single(await freehold.SearchAsync(tenant, "hedgehog")).Text, StringComparison.Ordinal);
        await AssertSameAsFreshAsync(tenant, edited);
        await freehold.AssertStatisticsAsync(tenant, second.Chunks);
    }

    [ServerFact]
    public async Task Staged_document_keeps_the_embeddings_of_what_an_edit_left_alone()
    {
        await using ServiceProvider staged = freehold.Build([], services => services.AddSingleton(new EmbeddingModel("lexical-384", 384, 0.1, 2)));
        TenantPlacement tenant = await freehold.ProvisionAsync();
        string text = string.Join('\n', Pages.Take(50));
        DocumentStatus first = await freehold.IngestAsync(tenant, "book.txt", text);
        long embedded = await EmbeddedAsync(tenant);

        string edited = text + "\nA paragraph about hedgehogs ends it.\n\n" + string.Join('\n', Pages.Skip(400).Take(5));
        await freehold.UploadAsync(tenant, "book.txt", edited);
        Assert.True(await staged.GetRequiredService<ChunkDocument>().RunAsync(tenant, DocumentPath.Parse("book.txt"), default));
        Assert.Equal((long)first.Chunks, await freehold.ScalarAsync<long>(tenant, "select count(*) from chunks"));
        while (await staged.GetRequiredService<EmbedChunks>().RunAsync(tenant, DocumentPath.Parse("book.txt"), default))
        {
        }

        await staged.GetRequiredService<UsageFlush>().RunAsync(default);
        Assert.InRange(await EmbeddedAsync(tenant) - embedded, 5, 40);
        await AssertSameAsFreshAsync(tenant, edited);
    }

    [ServerFact]
    public async Task Version_whose_basis_went_away_is_taken_in_all_the_same()
    {
        TenantPlacement tenant = await freehold.ProvisionAsync();
        await freehold.IngestAsync(tenant, "a.txt", "One sentence that stays.\n\n" + Pages[0]);
        DocumentPath path = DocumentPath.Parse("a.txt");
        await freehold.UploadAsync(tenant, "a.txt", "Another beginning.\n\n" + Pages[0]);
        BlobVersion blob = (await freehold.Get<DocumentBlobs>().FindAsync(tenant.Id, path, default))!.Value;
        await using TenantConnection connection = await freehold.Get<TenantDataSources>().OpenAsync(tenant, WakeCause.Search, default);
        DocumentClaim claim = (await freehold.Get<Claims>().TakeAsync(tenant.Uid, path, blob, count: true, default))!;
        (_, KnownVectors known) = await new PassageStore(connection, claim, "lexical-384").KeepSameAsync(blob.ETag, [1], default);
        Assert.NotEmpty(known.Ids);

        KnownVectors gone = known with { Version = known.Version - 1 };
        DocumentSlice slice = new(
            [new(0, "", null, 0, 4, "text", 1, 1, known.Ids.Keys.First())], [new TextPiece(0, "text")], IsLast: true);
        Assert.Null(await new PassageStore(connection, claim, "lexical-384").PublishAsync(
            () => new DocumentHead(blob.ETag, 4, [1], null, "text/plain", "{}"),
            new EmbeddedSlice(slice, [], []),
            () => throw new InvalidOperationException(),
            gone,
            default));
        await freehold.AssertStatisticsAsync(tenant, (await freehold.StatusAsync(tenant, "a.txt"))!.Chunks);
        Assert.Single(await freehold.SearchAsync(tenant, "stays"));
    }

    [ServerFact]
    public async Task Text_of_many_slices_is_kept_whole_and_its_ranges_are_the_chunks()
    {
        TenantPlacement tenant = await freehold.ProvisionAsync();
        StringBuilder text = new();
        for (int copy = 0; text.Length < 6_000_000; copy++)
        {
            text.Append(CultureInfo.InvariantCulture, $"Copy {copy} 😀 über.\r\n\r\n").AppendJoin('\n', Pages);
        }

        DocumentStatus status = await freehold.IngestAsync(tenant, "long.txt", text.ToString());

        Assert.Equal("ready", status.State);
        Assert.Equal(
            text.ToString().Replace("\r\n", "\n", StringComparison.Ordinal),
            await freehold.ScalarAsync<string>(tenant, "select string_agg(content, '' order by start_at) from texts"));
        foreach (Freehold.Retrieval.Passage passage in await freehold.SearchAsync(tenant, "copy über", limit: 20))
        {
            Assert.Equal(text.ToString().Replace("\r\n", "\n", StringComparison.Ordinal)[passage.Start..passage.End], passage.Text);
        }

        await freehold.AssertStatisticsAsync(tenant, status.Chunks);
    }

    private async Task<long> EmbeddedAsync(TenantPlacement tenant)
    {
        await freehold.Get<UsageFlush>().RunAsync(default);
        return await freehold.Get<UsageStore>().SumAsync(tenant.Uid, Metric.ChunksEmbedded, DateOnly.MinValue.AddYears(2000), default);
    }

    // Chunk for chunk and vector for vector as if there had been no version before.
    private async Task AssertSameAsFreshAsync(TenantPlacement tenant, string text)
    {
        TenantPlacement fresh = await freehold.ProvisionAsync();
        await freehold.IngestAsync(fresh, "book.txt", text);
        const string Everything =
            """
            select string_agg(md5(concat_ws('|', c.id & 1048575, c.heading, c.start_at, c.end_at, c.length, c.tokens, c.content_hash, c.content, e.embedding)), ',' order by c.id)
            from chunks c join embeddings e using (id)
            """;
        Assert.Equal(await freehold.ScalarAsync<string>(fresh, Everything), await freehold.ScalarAsync<string>(tenant, Everything));
        Assert.Equal(0L, await freehold.ScalarAsync<long>(tenant, "select (select count(*) from chunks) - (select count(*) from embeddings)"));
        Assert.Equal(text, await freehold.ScalarAsync<string>(tenant, "select string_agg(content, '' order by start_at) from texts"));
    }
}
