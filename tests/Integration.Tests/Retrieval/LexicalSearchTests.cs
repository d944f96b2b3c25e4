using Freehold.Integration.Tests.Fixtures;
using Freehold.Retrieval;
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
                select tf, round(0.6079271018540267::float8 / (1::float8
                    - ts_rank('{1,1,1,1}', to_tsvector('simple', repeat('word ', tf)), 'word'::tsquery)) - 0.5::float8) as recovered
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

    [ServerFact]
    public async Task Word_that_a_query_repeats_counts_as_often()
    {
        TenantPlacement tenant = await freehold.ProvisionAsync();
        await freehold.IngestAsync(tenant, "a.txt", "oak elm");
        await freehold.IngestAsync(tenant, "b.txt", "fir elm");
        double once = Assert.Single(await freehold.SearchAsync(tenant, "oak")).Score;
        Assert.Equal(2 * once, Assert.Single(await freehold.SearchAsync(tenant, "oak oak")).Score, 1e-9);
    }

    [ServerTheory]
    [InlineData("oak \"final report\"", "a.txt")]
    [InlineData("report -draft", "a.txt")]
    [InlineData("report -\"report final\"", "a.txt")]
    [InlineData("\"final report\" -oak", "")]
    [InlineData("\"of the\" draft -oak", "b.txt,c.txt")]
    [InlineData("\"reports of oak\"", "a.txt")]
    public async Task Phrases_must_occur_and_exclusions_must_not(string query, string expected)
    {
        TenantPlacement tenant = await freehold.ProvisionAsync();
        await freehold.IngestAsync(tenant, "a.txt", "The final report of oaks.");
        await freehold.IngestAsync(tenant, "b.txt", "The report is a draft; this report: final.");
        await freehold.IngestAsync(tenant, "c.txt", "Reports, finally, of many kinds of draft");
        foreach (string mode in (string[])["lexical", "hybrid"])
        {
            var found = await freehold.SearchAsync(tenant, query, mode);
            string[] wanted = expected.Split(',', StringSplitOptions.RemoveEmptyEntries);
            Assert.Equal(wanted, found.Select(passage => passage.Document).Order());
        }
    }

    [ServerTheory]
    [InlineData("report -draft")]
    [InlineData("report \"of oaks\"")]
    public async Task Phrases_and_exclusions_bind_what_is_near_in_other_languages_too(string query)
    {
        TenantPlacement tenant = await freehold.ProvisionAsync();
        await freehold.IngestAsync(tenant, "a.txt", "The report is a draft, and this is what the report says.");

        Assert.Empty((await freehold.Get<SearchChunks>().RunAsync(tenant, new(query, Language: "de"), default)).Passages);
    }

    [ServerFact]
    public async Task Words_are_read_in_the_language_of_the_document()
    {
        TenantPlacement tenant = await freehold.ProvisionAsync();
        await freehold.IngestAsync(tenant, "de.txt", "Die Häuser der Stadt sind alt, und die Gärten sind nicht sehr groß.");
        await freehold.IngestAsync(tenant, "en.txt", "The houses of the town are old, and the gardens are not very large.");
        Assert.Equal("de.txt", Assert.Single(await freehold.SearchAsync(tenant, "Haus")).Document);
        Assert.Equal("en.txt", Assert.Single(await freehold.SearchAsync(tenant, "garden")).Document);
        Assert.Equal("german,english", await freehold.ScalarAsync<string>(
            tenant, "select string_agg(c.language::text, ',' order by d.path) from chunks c join documents d on d.version = c.id >> 20"));

        var search = freehold.Get<Freehold.Retrieval.SearchChunks>();
        Assert.Empty((await search.RunAsync(tenant, new("Haus", Mode: "lexical", Language: "en"), default)).Passages);
        Assert.Single((await search.RunAsync(tenant, new("Haus", Mode: "lexical", Language: "de-AT"), default)).Passages);
        Assert.Empty((await search.RunAsync(tenant, new("Haus", Mode: "lexical", Language: "french"), default)).Passages);
        Assert.Equal(
            "unknown-language",
            (await Assert.ThrowsAsync<InvalidInputException>(() => search.RunAsync(tenant, new("Haus", Language: "english'; --"), default))).Problem);
    }

    [ServerFact]
    public async Task Metadata_says_the_language_where_it_names_one()
    {
        TenantPlacement tenant = await freehold.ProvisionAsync();
        await freehold.IngestAsync(tenant, "a.md", "---\nlanguage: de\n---\n\nHäuser");
        await freehold.IngestAsync(tenant, "b.md", "---\nlanguage: elvish\n---\n\nThe houses of the town are old, and the gardens are not.");
        Assert.Equal("german,english", await freehold.ScalarAsync<string>(
            tenant, "select string_agg(c.language::text, ',' order by d.path) from chunks c join documents d on d.version = c.id >> 20"));
        Assert.Equal("a.md", Assert.Single(await freehold.SearchAsync(tenant, "haus")).Document);
    }

    [ServerFact]
    public async Task Passage_with_the_words_side_by_side_comes_before_one_that_has_them_apart()
    {
        TenantPlacement tenant = await freehold.ProvisionAsync();
        string filling = string.Concat(Enumerable.Repeat("lime kiwi fig plum ", 10));
        await freehold.IngestAsync(tenant, "apart.txt", $"oak {filling} elm");
        await freehold.IngestAsync(tenant, "together.txt", $"{filling} oak elm");
        await freehold.IngestAsync(tenant, "other.txt", $"{filling} pear yew");
        Assert.Equal(["together.txt", "apart.txt"], (await freehold.SearchAsync(tenant, "oak elm", "hybrid")).Take(2).Select(passage => passage.Document));
    }

    [ServerFact]
    public async Task Query_of_very_many_words_is_answered()
    {
        TenantPlacement tenant = await freehold.ProvisionAsync();
        await freehold.IngestAsync(tenant, "a.txt", "yew wonderfully");
        string words = string.Join(' ', Enumerable.Range(0, 700).Select(i => $"w{i}"));
        Assert.Equal("a.txt", Assert.Single(await freehold.SearchAsync(tenant, $"{words} wonderfully", limit: 5)).Document);
        await freehold.SearchAsync(tenant, words, "hybrid");
        Assert.Equal("query-too-long", (await Assert.ThrowsAsync<InvalidInputException>(() => freehold.SearchAsync(tenant, new string('w', 1_000_000)))).Problem);
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
