using Freehold.Ai;
using Freehold.Ai.Reranking;
using Microsoft.Extensions.Logging.Abstractions;

namespace Freehold.Tests.Ai.Reranking;

/// <summary>A cross-encoder from a folder.</summary>
public sealed class OnnxRerankerTests
{
    [Fact]
    public async Task Each_passage_is_read_with_the_query_and_scored_by_its_own_tokens()
    {
        using TinyCrossEncoder tiny = TinyCrossEncoder.Make();
        using RerankClient client = Client(tiny);

        // Lengths differ, so rows are filled up; more than one run; and an empty text.
        string[][] passages = [.. Enumerable.Range(0, 20).Select(i => Enumerable.Repeat(i % 2 == 0 ? "cat" : "dog", i % 7).ToArray())];
        IReadOnlyList<double> scores = await client.ScoreAsync(Guid.NewGuid(), "Dog cat", [.. passages.Select(words => string.Join(' ', words))], default);

        Assert.Equal(passages.Select(words => TinyCrossEncoder.ScoreOf(5 + words.Length, words)), scores, Close);
    }

    [Theory]
    [InlineData(2, 40, 2, 11)] // The passage is the longer one.
    [InlineData(40, 2, 11, 2)] // The query is.
    [InlineData(40, 40, 7, 6)] // Both are.
    [InlineData(6, 7, 6, 7)] // Just room enough.
    public async Task Of_a_pair_that_is_too_long_the_longer_loses_its_end(int query, int passage, int keptOfQuery, int keptOfPassage)
    {
        using TinyCrossEncoder tiny = TinyCrossEncoder.Make();
        using RerankClient client = Client(tiny, options => options.MaxInputTokens = 16);

        IReadOnlyList<double> scores = await client.ScoreAsync(Guid.NewGuid(), Repeat("dog", query), [Repeat("cat", passage)], default);

        Assert.Equal(TinyCrossEncoder.ScoreOf(keptOfQuery + keptOfPassage + 3, Enumerable.Repeat("cat", keptOfPassage)), scores.Single(), 1e-6);
    }

    [Fact]
    public async Task Passages_that_take_too_long_are_given_up_in_time()
    {
        using TinyCrossEncoder tiny = TinyCrossEncoder.Make();
        using RerankClient client = Client(tiny, options => options.AttemptTimeout = TimeSpan.FromMilliseconds(10));
        string[] texts = [.. Enumerable.Repeat(Repeat("cat", 1_000), 1_000)];

        ModelException failure = await Assert.ThrowsAsync<ModelException>(() => client.ScoreAsync(Guid.NewGuid(), "dog", texts, default));

        Assert.Equal(ModelFailure.Transient, failure.Kind);
    }

    [Fact]
    public void Model_that_gives_more_than_one_number_stops_the_host_with_a_reason()
    {
        using TinyCrossEncoder tiny = TinyCrossEncoder.Make(labels: 2);

        Assert.Contains("one number for a pair", Assert.Throws<InvalidOperationException>(() => Client(tiny)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Folder_without_a_model_stops_the_host_with_a_reason()
    {
        using TinyCrossEncoder tiny = TinyCrossEncoder.Make();
        File.Delete(Path.Combine(tiny.Folder, "model.onnx"));

        Assert.Contains("model.onnx' does not exist", Assert.Throws<InvalidOperationException>(() => Client(tiny)).Message, StringComparison.Ordinal);
    }

    private static bool Close(double expected, double actual) => Math.Abs(expected - actual) < 1e-6;

    private static string Repeat(string word, int times) => string.Join(' ', Enumerable.Repeat(word, times));

    private static RerankClient Client(TinyCrossEncoder tiny, Action<RerankerOptions>? change = null)
    {
        RerankerOptions options = new() { Provider = RerankerProvider.Onnx, Folder = tiny.Folder };
        change?.Invoke(options);
        return RerankClient.Create(options, TimeProvider.System, NullLogger.Instance);
    }
}
