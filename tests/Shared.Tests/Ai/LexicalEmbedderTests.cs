using System.Globalization;
using Freehold.Ai;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;

namespace Freehold.Tests.Ai;

public sealed class LexicalEmbedderTests
{
    private static readonly LexicalEmbedder Embedder = new();

    [Fact]
    public void Vectors_never_change()
    {
        // Stored vectors are compared with those of queries: a change here needs a new model id.
        var vector = Embedder.Embed("The running foxes, 3 of them, jumped over Füße und 漢字; foxes jump. Наука!");

        Assert.Equal("B7E1764DB3A9EE15", Fingerprint(vector));
    }

    [Fact]
    public void Vector_has_length_one_and_a_text_without_words_has_none()
    {
        Assert.Equal(LexicalEmbedder.Dimensions, Embedder.Embed("word").Length);
        Assert.Equal(1, Length(Embedder.Embed("Some words of a text, with words.")), 1e-5);
        Assert.All(Embedder.Embed(""), value => Assert.Equal(0, value));
        Assert.All(Embedder.Embed("... the and !?"), value => Assert.Equal(0, value));
    }

    [Fact]
    public void Order_case_stop_words_and_forms_of_words_make_no_difference()
    {
        Assert.Equal(Embedder.Embed("The DOG is chasing cats"), Embedder.Embed("cat chased dogs"));
    }

    [Fact]
    public void Related_texts_are_nearer_than_others()
    {
        Assert.InRange(Similarity("database migration", "migrating databases"), 0.9, 1);
        Assert.InRange(Similarity("Donaudampfschifffahrt", "die Dampfschifffahrt"), 0.4, 1);
        Assert.InRange(Similarity("機械学習の本", "機械学習"), 0.5, 1);
        Assert.InRange(Similarity("database migration", "green tea with milk"), -0.3, 0.3);
    }

    [Fact]
    public void Frequency_counts_less_than_proportionally()
    {
        Assert.InRange(Similarity("alpha beta", "alpha alpha alpha alpha beta"), 0.8, 0.99);
    }

    [Fact]
    public void Long_texts_and_long_words_are_embedded()
    {
        Assert.Equal(1, Length(Embedder.Embed(new string('x', 1_000_000))), 1e-5);
        Assert.Equal(1, Length(Embedder.Embed(string.Join(' ', Enumerable.Range(0, 150_000)))), 1e-5);
        Assert.Equal(1, Length(Embedder.Embed(string.Concat(Enumerable.Repeat("漢字", 100_000)))), 1e-5);
    }

    [Fact]
    public void Threads_get_the_vectors_that_one_gets()
    {
        var texts = Enumerable.Range(0, 2_000).Select(i => $"testing{i} runnings{i % 7} generalisation word{i * 31} hopping").ToArray();
        var alone = texts.Select(new LexicalEmbedder().Embed).ToArray();
        var together = new float[texts.Length][];

        Parallel.For(0, texts.Length, i => together[i] = Embedder.Embed(texts[i]));

        Assert.Equal(alone, together);
    }

    [Fact]
    public async Task Generator_embeds_each_value_and_names_its_model()
    {
        using var services = new ServiceCollection().AddLogging().AddAi(new ConfigurationBuilder().Build()).BuildServiceProvider();
        var generator = services.GetRequiredService<IEmbeddingGenerator<string, Embedding<float>>>();

        var embeddings = await generator.GenerateAsync(["one text", "another"]);

        Assert.Equal([Embedder.Embed("one text"), Embedder.Embed("another")], embeddings.Select(embedding => embedding.Vector.ToArray()));
        Assert.All(embeddings, embedding => Assert.Equal("lexical-384", embedding.ModelId));
        var metadata = generator.GetService<EmbeddingGeneratorMetadata>();
        Assert.Equal(("lexical-384", 384), (metadata!.DefaultModelId, metadata.DefaultModelDimensions));
        await Assert.ThrowsAsync<ArgumentException>(() => generator.GenerateAsync(["x"], new EmbeddingGenerationOptions { Dimensions = 768 }));
    }

    private static double Similarity(string a, string b) =>
        Embedder.Embed(a).Zip(Embedder.Embed(b), (x, y) => (double)x * y).Sum();

    private static double Length(float[] vector) => Math.Sqrt(vector.Sum(value => (double)value * value));

    // Rounded, since the last bit of a logarithm is the machine's.
    private static string Fingerprint(float[] vector)
    {
        var hash = 14695981039346656037UL;
        foreach (var value in vector)
        {
            hash = (hash ^ (ulong)(long)Math.Round(value * 10_000)) * 1099511628211UL;
        }

        return hash.ToString("X16", CultureInfo.InvariantCulture);
    }
}
