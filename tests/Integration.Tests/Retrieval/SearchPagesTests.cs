using System.Text.Json;
using Freehold.Integration.Tests.Fixtures;
using Freehold.Retrieval;
using Freehold.Tenants;

namespace Freehold.Integration.Tests.Retrieval;

public sealed class SearchPagesTests(FreeholdFixture freehold) : IClassFixture<FreeholdFixture>
{
    [ServerFact]
    public async Task Pages_one_after_another_are_the_whole_and_what_is_selected_holds_over_all_of_them()
    {
        TenantPlacement tenant = await freehold.ProvisionAsync();
        for (int i = 0; i < 6; i++)
        {
            await freehold.IngestAsync(tenant, $"{i}.md", Text(i, parts: 3));
        }

        foreach (SearchRequest request in (SearchRequest[])
            [
                new("ferry timetable"), new("ferry timetable", Mode: "lexical"), new("ferry timetable", Mode: "dense"),
                new("ferry timetable", MaxPerDocument: 1), new("ferry timetable", Diversity: 0.5), new("ferry timetable", Diversity: 0.5, MaxPerDocument: 2),
            ])
        {
            IReadOnlyList<Freehold.Retrieval.Passage> whole = (await SearchAsync(tenant, request with { Limit = 100 })).Passages;
            Assert.Equal(request.MaxPerDocument * 6 ?? 18, whole.Count);
            List<Freehold.Retrieval.Passage> paged = [];
            FoundPassages page = await SearchAsync(tenant, request with { Limit = 4 });
            while (paged.Count < 100)
            {
                paged.AddRange(page.Passages);
                if (page.Cursor is null)
                {
                    break;
                }

                page = await SearchAsync(tenant, request with { Limit = 4, After = page.Cursor });
            }

            Assert.Equal(whole.Select(Place), paged.Select(Place));
            Assert.All(whole.CountBy(passage => passage.Document), document => Assert.True(document.Value <= (request.MaxPerDocument ?? 3)));
        }
    }

    [ServerFact]
    public async Task Neighbours_are_joined_into_one_passage_whose_range_is_exact()
    {
        TenantPlacement tenant = await freehold.ProvisionAsync();
        string text = Text(0, parts: 7, extra: "é😀 ");
        await freehold.IngestAsync(tenant, "a.md", text);
        await freehold.IngestAsync(tenant, "b.md", Text(1, parts: 1));

        Freehold.Retrieval.Passage alone = (await SearchAsync(tenant, new("gannet4", Mode: "lexical"))).Passages.Single();
        Freehold.Retrieval.Passage joined = (await SearchAsync(tenant, new("gannet4", Mode: "lexical", Expand: 1))).Passages.Single();
        Assert.True(joined.Start < alone.Start && joined.End > alone.End);
        Assert.Contains("gannet3", joined.Text, StringComparison.Ordinal);
        Assert.Contains("gannet5", joined.Text, StringComparison.Ordinal);
        Assert.DoesNotContain("gannet2", joined.Text, StringComparison.Ordinal);
        Assert.Equal(joined.End - joined.Start, joined.Text.Length);
        Assert.Contains(alone.Text, joined.Text, StringComparison.Ordinal);
        Assert.Equal(alone.Text, joined.Text[(alone.Start - joined.Start)..(alone.End - joined.Start)]);

        // All passages of each document overlap then, and none reaches into another document.
        IReadOnlyList<Freehold.Retrieval.Passage> all = (await SearchAsync(tenant, new("ferry timetable", 100, Expand: 3))).Passages;
        Assert.Equal(["a.md", "b.md"], all.Select(passage => passage.Document).Order());
        Assert.All(all, passage => Assert.Equal(passage.End - passage.Start, passage.Text.Length));
    }

    [ServerFact]
    public async Task Filter_asks_for_the_path_and_the_media_type()
    {
        TenantPlacement tenant = await freehold.ProvisionAsync();
        await freehold.IngestAsync(tenant, "handbook/a.md", "The ferry timetable.");
        await freehold.IngestAsync(tenant, "handbook/b.txt", "The ferry timetable.");
        await freehold.IngestAsync(tenant, "c.txt", "The ferry timetable.");

        async Task FoundAsync(string filter, params string[] expected) => Assert.Equal(
            expected,
            (await SearchAsync(tenant, new("ferry", Filter: JsonElement.Parse(filter)))).Passages.Select(passage => passage.Document).Order());
        await FoundAsync("""{"$path":{"prefix":"handbook/"}}""", "handbook/a.md", "handbook/b.txt");
        await FoundAsync("""{"not":{"$path":{"prefix":"handbook/"}}}""", "c.txt");
        await FoundAsync("""{"$mediaType":"text/plain","$path":{"ne":"c.txt"}}""", "handbook/b.txt");
        await FoundAsync("""{"or":[{"$path":"c.txt"},{"$path":["handbook/a.md"]}],"x":{"exists":false}}""", "c.txt", "handbook/a.md");
    }

    private Task<FoundPassages> SearchAsync(TenantPlacement tenant, SearchRequest request) =>
        freehold.Get<SearchChunks>().RunAsync(tenant, request, default);

    private static string Place(Freehold.Retrieval.Passage passage) => $"{passage.Document} {passage.Start}";

    private static string Text(int document, int parts, string extra = "") => string.Join("\n\n", Enumerable.Range(0, parts).Select(part =>
        $"# Part {part}\n\n" + string.Join(' ', Enumerable.Range(0, 20).Select(i => $"The ferry timetable {extra}of gannet{part} in puffin{document} has line{i}."))));
}
