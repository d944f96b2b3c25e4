using System.Text;
using System.Text.Json;
using Freehold.Ingestion;
using Freehold.Integration.Tests.Fixtures;
using Freehold.Retrieval;
using Freehold.Storage;
using Freehold.Tenants;

namespace Freehold.Integration.Tests.Retrieval;

public sealed class SearchFilterTests(FreeholdFixture freehold) : IClassFixture<FreeholdFixture>
{
    [ServerFact]
    public async Task Only_documents_that_have_every_member_are_found()
    {
        TenantPlacement tenant = await freehold.ProvisionAsync();
        await IngestAsync(tenant, "a.txt", """{"department":"sales","year":2026,"tags":["x","y"]}""");
        await IngestAsync(tenant, "b.txt", """{"department":"sales","year":2025,"tags":"y"}""");
        await IngestAsync(tenant, "c.txt", """{"department":"legal","year":2026,"draft":true,"owner":null}""");
        await IngestAsync(tenant, "d.txt", null);

        foreach (string mode in (string[])["hybrid", "lexical", "dense"])
        {
            async Task FoundAsync(string filter, params string[] expected) =>
                Assert.Equal(expected, (await SearchAsync(tenant, filter, mode)).Select(passage => passage.Document).Order());

            await FoundAsync("{}", "a.txt", "b.txt", "c.txt", "d.txt");
            await FoundAsync("""{"department":"sales"}""", "a.txt", "b.txt");
            await FoundAsync("""{"department":"sales","year":2026}""", "a.txt");
            await FoundAsync("""{"year":2026.0}""", "a.txt", "c.txt");
            await FoundAsync("""{"year":"2026"}""");
            await FoundAsync("""{"department":["legal","sales"]}""", "a.txt", "b.txt", "c.txt");
            await FoundAsync("""{"tags":"y"}""", "a.txt", "b.txt");
            await FoundAsync("""{"tags":["x","z"]}""", "a.txt");
            await FoundAsync("""{"draft":true}""", "c.txt");
            await FoundAsync("""{"draft":false}""");
            await FoundAsync("""{"owner":null}""", "c.txt");
            await FoundAsync("""{"Department":"sales"}""");
        }
    }

    [ServerFact]
    public async Task Filter_that_keeps_one_in_a_hundred_finds_all_that_is_wanted_and_changes_no_score()
    {
        TenantPlacement tenant = await freehold.ProvisionAsync();
        await Parallel.ForAsync(0, 300, new ParallelOptions { MaxDegreeOfParallelism = 4 }, async (i, _) => await IngestAsync(
            tenant, $"{i:D3}.txt", $$"""{"kept":{{(i % 100 == 50 ? "true" : "false")}}}""", string.Join(' ', Enumerable.Repeat("ferry", i % 100 == 50 ? 1 : 3)) + " timetable"));

        foreach (string mode in (string[])["hybrid", "lexical", "dense"])
        {
            IReadOnlyList<Freehold.Retrieval.Passage> found = await SearchAsync(tenant, """{"kept":true}""", mode, "ferry");
            Assert.Equal(["050.txt", "150.txt", "250.txt"], found.Select(passage => passage.Document).Order());
        }

        double Score(IReadOnlyList<Freehold.Retrieval.Passage> passages) => passages.Single(passage => passage.Document == "050.txt").Score;
        Assert.Equal(
            Score(await freehold.SearchAsync(tenant, "timetable", "lexical", 100)),
            Score(await SearchAsync(tenant, """{"kept":true}""", "lexical", "timetable")),
            1e-9);
    }

    [ServerTheory]
    [InlineData("""{"a":"' or true --"}""")]
    [InlineData("""{"a' or '1'='1":1}""")]
    [InlineData("""{"a\"}' or true or '{\"":"b"}""")]
    [InlineData("""{"$4":"$5","a":["{\"b\"}","}"]}""")]
    [InlineData("""{"a":"\\u0000"}""")]
    [InlineData("""{"":""}""")]
    public async Task Nothing_in_a_filter_is_taken_for_sql(string filter)
    {
        TenantPlacement tenant = await freehold.ProvisionAsync();
        await IngestAsync(tenant, "a.txt", """{"a":"b"}""");

        foreach (string mode in (string[])["hybrid", "lexical", "dense"])
        {
            Assert.Empty(await SearchAsync(tenant, filter, mode));
        }
    }

    [ServerFact]
    public async Task Largest_filters_are_looked_up_part_by_part_and_not_in_all_combinations()
    {
        TenantPlacement tenant = await freehold.ProvisionAsync();
        await IngestAsync(tenant, "a.txt", JsonSerializer.Serialize(Enumerable.Range(0, 20).ToDictionary(i => $"m{i}", i => i)));
        await IngestAsync(tenant, "b.txt", JsonSerializer.Serialize(Enumerable.Range(0, 20).ToDictionary(i => $"m{i}", i => 7)));
        string filter = JsonSerializer.Serialize(Enumerable.Range(0, 20).ToDictionary(i => $"m{i}", i => (int[])[i, i + 100, i + 200, i + 300, i + 400]));

        Assert.Equal("a.txt", Assert.Single(await SearchAsync(tenant, filter, "hybrid")).Document);
    }

    [ServerFact]
    public async Task Filter_finds_nothing_of_another_tenant()
    {
        (TenantPlacement one, TenantPlacement other) = (await freehold.ProvisionAsync(), await freehold.ProvisionAsync());
        await IngestAsync(one, "a.txt", """{"secret":"s1"}""");
        await IngestAsync(other, "b.txt", """{"secret":"s2"}""");

        Assert.Empty(await SearchAsync(one, """{"secret":"s2"}""", "hybrid"));
        Assert.Equal("a.txt", Assert.Single(await SearchAsync(one, """{"secret":["s1","s2"]}""", "hybrid")).Document);
    }

    [ServerFact]
    public async Task Another_metadata_with_the_same_bytes_takes_effect()
    {
        TenantPlacement tenant = await freehold.ProvisionAsync();
        await IngestAsync(tenant, "a.txt", """{"state":"draft"}""");
        await IngestAsync(tenant, "a.txt", """{"state":"final"}""");

        Assert.Empty(await SearchAsync(tenant, """{"state":"draft"}""", "lexical"));
        Assert.Equal("final", Assert.Single(await SearchAsync(tenant, """{"state":"final"}""", "lexical")).Metadata.GetProperty("state").GetString());
        Assert.Equal("final", (await freehold.StatusAsync(tenant, "a.txt"))!.Metadata.GetProperty("state").GetString());

        await IngestAsync(tenant, "a.txt", null);
        Assert.Empty((await freehold.StatusAsync(tenant, "a.txt"))!.Metadata.EnumerateObject());
    }

    private async Task<IReadOnlyList<Freehold.Retrieval.Passage>> SearchAsync(
        TenantPlacement tenant, string filter, string mode, string query = "ferry timetable") =>
        (await freehold.Get<SearchChunks>().RunAsync(tenant, new SearchRequest(query, 100, mode, JsonElement.Parse(filter)), default)).Passages;

    private async Task IngestAsync(TenantPlacement tenant, string path, string? metadata, string text = "The ferry timetable.")
    {
        byte[] bytes = Encoding.UTF8.GetBytes(text);
        UploadTerms terms = new(bytes.Length) { Metadata = metadata is null ? null : DocumentMetadata.Parse(metadata) };
        await freehold.Get<UploadDocument>().RunAsync(tenant, DocumentPath.Parse(path), new MemoryStream(bytes), terms, default);
        await freehold.LookAtAsync(tenant, path);
    }
}
