using Freehold.Integration.Tests.Fixtures;
using Freehold.Tenants;

namespace Freehold.Integration.Tests.Retrieval;

/// <summary>The lexical side is BM25, with k1 = 1.2 and b = 0.75, over the tenant's own statistics, whatever happened before.</summary>
public sealed class LexicalSearchTests(FreeholdFixture freehold) : IClassFixture<FreeholdFixture>
{
    // Words that English stemming leaves alone and that are no stop words.
    private static readonly string[] Vocabulary = ["oak", "elm", "ash", "fir", "yew", "fig", "plum", "pear", "kiwi", "lime"];

    [ServerFact]
    public async Task Scores_are_BM25_after_inserts_replacements_and_deletions()
    {
        TenantPlacement tenant = await freehold.ProvisionAsync();
        Random random = new(7);
        Dictionary<string, string[]> documents = [];
        for (int i = 0; i < 60; i++)
        {
            string path = $"d{i % 40}.txt";
            if (i % 7 == 6 && documents.Remove(path))
            {
                await freehold.Get<Freehold.Ingestion.DeleteDocument>().RunAsync(tenant, Freehold.Storage.DocumentPath.Parse(path), condition: null, default);
                await freehold.Get<Freehold.Ingestion.ChunkDocument>().RunAsync(tenant, Freehold.Storage.DocumentPath.Parse(path), default);
                continue;
            }

            string[] words = [.. Enumerable.Range(0, random.Next(1, 60)).Select(_ => Vocabulary[(int)(random.NextDouble() * random.NextDouble() * Vocabulary.Length)])];
            documents[path] = words;
            await freehold.IngestAsync(tenant, path, string.Join(' ', words));
        }

        foreach (string[] query in (string[][])[["oak"], ["lime"], ["pear", "kiwi", "yew"], [.. Vocabulary]])
        {
            var expected = Bm25(documents, query);
            var found = await freehold.SearchAsync(tenant, string.Join(' ', query), "lexical", 100);
            Assert.Equal(expected.Count, found.Count);
            Assert.All(found, passage => Assert.Equal(expected[passage.Document], passage.Score, 1e-9));
            Assert.Equal(found.OrderByDescending(passage => passage.Score), found);
        }
    }

    [ServerFact]
    public async Task Frequency_of_a_term_is_recovered_exactly_up_to_the_positions_that_PostgreSQL_keeps()
    {
        TenantPlacement tenant = await freehold.ProvisionAsync();
        string wrong = await freehold.ScalarAsync<string>(
            tenant,
            """
            select coalesce(string_agg(tf::text, ','), '') from (
                select tf, round(1::float8 / (1.6449340668482264::float8 * (1::float8
                    - ts_rank('{1,1,1,1}', to_tsvector('simple', repeat('word ', tf)), 'word'::tsquery))) - 0.5::float8) as recovered
                from generate_series(1, 255) tf) t
            where recovered <> tf
            """);
        Assert.Equal(string.Empty, wrong);
    }

    [ServerTheory]
    [InlineData("'; drop table chunks; --")]
    [InlineData("\\ ' \" $1 $$ :* & | ! <-> ( ) \0 \ud83d\ude00 \u0301")]
    [InlineData("the of and")]
    [InlineData("e'\\'; select")]
    [InlineData("a@b.example https://host.example/path?x=1&y=2 /usr/lib/x 3.14 -7e5 C++ x_y")]
    public async Task Query_of_any_text_is_answered_without_harm(string query)
    {
        TenantPlacement tenant = await freehold.ProvisionAsync();
        await freehold.IngestAsync(tenant, "a.txt", "Mail a@b.example or see https://host.example/path?x=1&y=2 about C++ and 3.14. It's \\ here.");
        foreach (string mode in (string[])["lexical", "dense", "hybrid"])
        {
            await freehold.SearchAsync(tenant, query, mode);
        }

        Assert.Single(await freehold.SearchAsync(tenant, "3.14"));
        Assert.Single(await freehold.SearchAsync(tenant, "a@b.example"));
    }

    [ServerFact]
    public async Task Empty_tenant_answers_with_nothing()
    {
        TenantPlacement tenant = await freehold.ProvisionAsync();
        foreach (string mode in (string[])["lexical", "dense", "hybrid"])
        {
            Assert.Empty(await freehold.SearchAsync(tenant, "anything", mode));
        }
    }

    [ServerTheory]
    [InlineData("", 10, "hybrid")]
    [InlineData("   ", 10, "hybrid")]
    [InlineData("x", 0, "hybrid")]
    [InlineData("x", 101, "hybrid")]
    [InlineData("x", 10, "best")]
    public async Task Search_that_cannot_be_meant_is_refused(string query, int limit, string mode)
    {
        TenantPlacement tenant = await freehold.ProvisionAsync();
        await Assert.ThrowsAsync<InvalidInputException>(() => freehold.SearchAsync(tenant, query, mode, limit));
    }

    private static Dictionary<string, double> Bm25(Dictionary<string, string[]> documents, string[] query)
    {
        double average = documents.Values.Average(words => words.Length);
        Dictionary<string, double> scores = [];
        foreach (string term in query)
        {
            int containing = documents.Values.Count(words => words.Contains(term));
            double idf = Math.Log(1 + ((documents.Count - containing + 0.5) / (containing + 0.5)));
            foreach ((string path, string[] words) in documents.Where(document => document.Value.Contains(term)))
            {
                int tf = words.Count(word => word == term);
                scores[path] = scores.GetValueOrDefault(path) + (idf * tf * 2.2 / (tf + (1.2 * (0.25 + (0.75 * words.Length / average)))));
            }
        }

        return scores;
    }
}
