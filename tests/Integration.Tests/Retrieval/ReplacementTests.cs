using Freehold.Ai;
using Freehold.Ingestion;
using Freehold.Integration.Tests.Fixtures;
using Freehold.Retrieval;
using Freehold.Storage;
using Freehold.Tenants;
using Microsoft.Extensions.DependencyInjection;

namespace Freehold.Integration.Tests.Retrieval;

/// <summary>While one document is replaced again and again, every search sees the one text or the other: never both, never neither.</summary>
public sealed class ReplacementTests(FreeholdFixture freehold) : IClassFixture<FreeholdFixture>
{
    private const int Clients = 8;
    private const int Limit = 20;
    private const int FewestReplacements = 4;

    private static readonly DocumentPath Path = DocumentPath.Parse("changing.txt");

    /// <param name="sentences">Of each text.</param>
    /// <param name="isStaged">Whether it waits in stages for its embeddings.</param>
    /// <param name="searches">How many, at least.</param>
    [ServerTheory]
    [InlineData(5, false, 7_000)]
    [InlineData(15_000, false, 1_000)]
    [InlineData(1_000, true, 2_000)]
    public async Task Searches_during_replacements_see_one_text_whole(int sentences, bool isStaged, int searches)
    {
        await using ServiceProvider host = freehold.Build(
            [], services => services.AddSingleton(new EmbeddingModel("lexical-384", 384, 0.1, isStaged ? 16 : int.MaxValue)));
        TenantPlacement tenant = await freehold.ProvisionAsync();
        Text[] texts = [Text.Of("walnut", sentences), Text.Of("juniper", sentences)];
        foreach (Text text in texts)
        {
            text.Passages = await ReplaceAsync(host, tenant, text.Content);
        }

        Assert.Equal(texts[0].Passages > 2 * 256, sentences > 10_000);
        int left = searches;
        int replacements = 0;
        Task[] clients = [.. Enumerable.Range(0, Clients).Select(client => Task.Run(async () =>
        {
            for (int n; (n = Interlocked.Decrement(ref left)) >= 0 || Volatile.Read(ref replacements) < FewestReplacements;)
            {
                string mode = (Math.Abs(n) % 3) switch { 0 => "hybrid", 1 => "lexical", _ => "dense" };
                IReadOnlyList<Passage> found = await freehold.SearchAsync(tenant, "walnut juniper", mode, Limit);
                Text seen = Assert.Single(texts, text => found.Any(passage => passage.Text.Contains(text.Word, StringComparison.Ordinal)));
                Assert.Equal(Math.Min(Limit, seen.Passages), found.Count);
                Assert.All(found, passage => Assert.Equal(passage.Text, seen.Content[passage.Start..passage.End]));
            }
        }))];
        Task all = Task.WhenAll(clients);
        while (!all.IsCompleted)
        {
            Text next = texts[replacements % texts.Length];
            Assert.Equal(next.Passages, await ReplaceAsync(host, tenant, next.Content));
            Interlocked.Increment(ref replacements);
        }

        await all;
    }

    /// <returns>How many passages there are now.</returns>
    private async Task<int> ReplaceAsync(ServiceProvider host, TenantPlacement tenant, string text)
    {
        await freehold.UploadAsync(tenant, Path.Value, text);
        if (await FreeholdFixture.Get<ChunkDocument>(host).RunAsync(tenant, Path, default))
        {
            while (await FreeholdFixture.Get<EmbedChunks>(host).RunAsync(tenant, Path, default))
            {
            }
        }

        DocumentStatus status = (await freehold.StatusAsync(tenant, Path.Value))!;
        Assert.Equal("ready", status.State);
        return status.Chunks;
    }

    /// <summary>A text that shares no word with those of another word.</summary>
    private sealed record Text(string Word, string Content)
    {
        public int Passages { get; set; }

        public static Text Of(string word, int sentences) => new(
            word, string.Join(' ', Enumerable.Range(0, sentences).Select(i => $"{word} {word}a{i} {word}b{i % 7} {word}c{i % 100} {word}d.")));
    }
}
