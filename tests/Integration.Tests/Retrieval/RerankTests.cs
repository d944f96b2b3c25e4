using Freehold.Answers;
using Freehold.Integration.Tests.Fixtures;
using Freehold.Retrieval;
using Freehold.Tenants;
using Freehold.Tests.Ai.Reranking;
using Freehold.Usage;
using Microsoft.Extensions.DependencyInjection;
using Passage = Freehold.Retrieval.Passage;

namespace Freehold.Integration.Tests.Retrieval;

/// <summary>Searches whose best passages a model elsewhere puts in order, or does not.</summary>
public sealed class RerankTests(FreeholdFixture freehold) : IClassFixture<FreeholdFixture>
{
    private const int Candidates = 7;
    private const int Documents = 12;
    private static readonly SearchRequest Plain = new("ferry timetable", Limit: 100);

    [ServerFact]
    public async Task Best_passages_are_put_in_order_and_pages_are_cut_from_that()
    {
        await using RerankServer server = RerankServer.Start();
        await using ServiceProvider host = Build(server);
        TenantPlacement tenant = await FillAsync();
        IReadOnlyList<Passage> own = (await SearchAsync(host, tenant, Plain with { Rerank = false })).Passages;
        Assert.Equal(Documents, own.Count);
        Assert.Empty(server.Requests);

        FoundPassages whole = await SearchAsync(host, tenant, Plain);
        Assert.Equal(new Reranking(Done: true), whole.Reranking);
        Assert.Equal(
            [.. own.Take(Candidates).OrderByDescending(passage => RerankServer.ScoreOf(passage.Text)).Select(Place), .. own.Skip(Candidates).Select(Place)],
            whole.Passages.Select(Place));
        Assert.NotEqual(own.Select(Place), whole.Passages.Select(Place));
        Assert.All(whole.Passages.Take(Candidates), passage => Assert.Equal(RerankServer.ScoreOf(passage.Text), passage.RerankScore));
        Assert.All(whole.Passages.Skip(Candidates), passage => Assert.Null(passage.RerankScore));
        Assert.NotNull(whole.Times.Reranking);

        foreach (SearchRequest request in (SearchRequest[])[Plain, Plain with { Mode = "lexical" }, Plain with { Diversity = 0.5 }, Plain with { MaxPerDocument = 1 }])
        {
            Assert.Equal(
                (await SearchAsync(host, tenant, request)).Passages.Select(Place),
                (await PagesAsync(host, tenant, request with { Limit = 3 })).SelectMany(page => page.Passages).Select(Place));
        }

        // The same passages each time, whatever the page, and none where a page lies behind them all.
        Assert.Single(server.Requests.Select(request => string.Join('|', request.Texts.Order())).Distinct());
        int asked = server.Requests.Count;
        IReadOnlyList<FoundPassages> pages = await PagesAsync(host, tenant, Plain with { Limit = 4 });
        Assert.Equal([true, true, true, true], pages.Select(page => page.Reranking!.Done));
        Assert.Equal(asked + 2, server.Requests.Count);
    }

    [ServerFact]
    public async Task Tenants_passages_are_counted_for_them_and_asked_about_alone()
    {
        await using RerankServer server = RerankServer.Start();
        await using ServiceProvider host = Build(server);
        TenantPlacement tenant = await FillAsync();
        TenantPlacement other = await freehold.ProvisionAsync();
        await freehold.IngestAsync(other, "other.md", "# Elsewhere\n\nThe ferry timetable of another tenant.");

        await SearchAsync(host, other, Plain);
        RerankServer.Received asked = Assert.Single(server.Requests);
        string text = Assert.Single(asked.Texts);
        Assert.StartsWith("Elsewhere\n", text, StringComparison.Ordinal);
        Assert.EndsWith("The ferry timetable of another tenant.", text, StringComparison.Ordinal);

        await foreach (AnswerEvent _ in host.GetRequiredService<AnswerQuestion>().RunAsync(tenant, new AskRequest("What does the ferry timetable say?"), default))
        {
        }

        Assert.Equal(2, server.Requests.Count);
        Assert.DoesNotContain(server.Requests.Last().Texts, text => text.Contains("another tenant", StringComparison.Ordinal));
        await host.GetRequiredService<UsageFlush>().RunAsync(default);
        foreach ((TenantPlacement of, int count) in ((TenantPlacement, int)[])[(tenant, Candidates), (other, 1)])
        {
            Assert.Equal(count, (await freehold.Get<ReadUsage>().RunAsync(of.Id, null, null, default)).Days.Single().PassagesReranked);
        }
    }

    [ServerFact]
    public async Task No_search_fails_for_a_model_that_does_not_do_it()
    {
        TenantPlacement tenant = await FillAsync();
        foreach ((Action<RerankServer> script, string failure) in ((Action<RerankServer>, string)[])
            [
                (server => server.ThenStatus(500, times: 3), "away"),
                (server => server.ThenStall(times: 5), "away"),
                (server => server.ThenStatus(429, 1, ("Retry-After", "60")), "busy"),
                (server => server.ThenStatus(400), "failed"),
                (server => server.ThenAnswer("""{"results":[{"index":0,"relevance_score":1}]}"""), "failed"),
            ])
        {
            await using RerankServer server = RerankServer.Start();
            await using ServiceProvider host = Build(server);
            script(server);

            FoundPassages page = await SearchAsync(host, tenant, Plain with { Limit = 4 });
            Assert.Equal(new Reranking(Done: false, failure), page.Reranking);

            // What began in the search's own order goes on in it.
            int asked = server.Requests.Count;
            FoundPassages next = await SearchAsync(host, tenant, Plain with { Limit = 4, After = page.Cursor });
            Assert.Equal(new Reranking(Done: false, "page-before"), next.Reranking);
            Assert.Equal(asked, server.Requests.Count);
            IReadOnlyList<Passage> own = (await SearchAsync(host, tenant, Plain with { Rerank = false })).Passages;
            Assert.Equal(own.Take(8).Select(Place), page.Passages.Concat(next.Passages).Select(Place));
        }
    }

    private async Task<TenantPlacement> FillAsync()
    {
        TenantPlacement tenant = await freehold.ProvisionAsync();
        for (int i = 0; i < Documents; i++)
        {
            // How often the words occur puts them in one order, and the letter that the model looks for in another.
            string words = string.Join(' ', Enumerable.Repeat("ferry timetable", Documents - i));
            await freehold.IngestAsync(tenant, $"{i}.md", $"# Part\n\nThe {words} puffin{i} {new string('x', i * 5 % 7)}.");
        }

        return tenant;
    }

    private ServiceProvider Build(RerankServer server) => freehold.Build(new()
    {
        ["Ai:Reranker:Provider"] = "Http",
        ["Ai:Reranker:Endpoint"] = server.Endpoint,
        ["Ai:Reranker:Model"] = "ranker",
        ["Ai:Reranker:Candidates"] = $"{Candidates}",
        ["Ai:Reranker:FirstPause"] = "00:00:00.01",
        ["Ai:Reranker:AttemptTimeout"] = "00:00:00.3",
        ["Ai:Reranker:TotalTimeout"] = "00:00:00.5",
    });

    private static async Task<IReadOnlyList<FoundPassages>> PagesAsync(ServiceProvider host, TenantPlacement tenant, SearchRequest request)
    {
        List<FoundPassages> pages = [await SearchAsync(host, tenant, request)];
        while (pages[^1].Cursor is { } cursor)
        {
            pages.Add(await SearchAsync(host, tenant, request with { After = cursor }));
        }

        return pages;
    }

    private static Task<FoundPassages> SearchAsync(ServiceProvider host, TenantPlacement tenant, SearchRequest request) =>
        host.GetRequiredService<SearchChunks>().RunAsync(tenant, request, default);

    private static string Place(Passage passage) => $"{passage.Document} {passage.Start}";
}
