using Freehold.Ai;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace Freehold.Tests.Ai;

/// <summary>A model from a folder.</summary>
public sealed class OnnxEmbedderTests
{
    private static readonly Guid Tenant = Guid.NewGuid();

    [Fact]
    public async Task Vectors_of_tokens_are_averaged_without_the_padding_and_scaled_to_length_1()
    {
        using TinyModel tiny = TinyModel.Make();
        await using ServiceProvider services = Services(tiny);
        EmbeddingClient client = services.GetRequiredService<EmbeddingModels>().Default;

        EmbeddedTexts embedded = await client.EmbedAsync(Tenant, ["Cats", "dog dog dog dog dog dog cat", "dog"], EmbeddingUse.Document, default);

        Assert.Equal(Mean("[CLS]", "cat", "##s", "[SEP]"), embedded.Vectors[0].ToArray(), Close);
        Assert.Equal(Mean("[CLS]", "dog", "[SEP]"), embedded.Vectors[2].ToArray(), Close);
        Assert.Equal(4 + 9 + 3, embedded.Tokens);
        Assert.Equal(("tiny", 3, 512), (client.Model.Id, client.Model.Dimensions, client.Model.MaxInputTokens));
    }

    [Fact]
    public async Task Long_text_is_cut_where_the_model_ends()
    {
        using TinyModel tiny = TinyModel.Make();
        await using ServiceProvider services = Services(tiny, ("MaxInputTokens", "8"));
        string text = string.Join(' ', Enumerable.Repeat("cat", 5_000));

        EmbeddedTexts embedded = await services.GetRequiredService<EmbeddingModels>().Default.EmbedAsync(Tenant, [text], EmbeddingUse.Document, default);

        Assert.InRange(embedded.Tokens, 3, 8);
        Assert.Equal(Mean(["[CLS]", .. Enumerable.Repeat("cat", (int)embedded.Tokens - 2), "[SEP]"]), embedded.Vectors[0].ToArray(), Close);
    }

    [Fact]
    public async Task Model_that_gives_one_vector_a_text_and_asks_for_the_tokens_only_is_taken_as_it_is()
    {
        using TinyModel tiny = TinyModel.Make(isPerToken: false, "input_ids");
        await using ServiceProvider services = Services(tiny);

        EmbeddedTexts embedded = await services.GetRequiredService<EmbeddingModels>().Default.EmbedAsync(Tenant, ["dog"], EmbeddingUse.Query, default);

        Assert.Equal(Mean("[CLS]", "dog", "[SEP]"), embedded.Vectors[0].ToArray(), Close);
    }

    [Fact]
    public async Task Vocabulary_may_stand_in_a_tokenizer_json()
    {
        using TinyModel tiny = TinyModel.Make();
        string[] words = File.ReadAllLines(tiny.PathOf("vocab.txt"));
        File.Delete(tiny.PathOf("vocab.txt"));
        string vocabulary = string.Join(',', words.Select((word, id) => $"\"{word}\":{id}"));
        File.WriteAllText(
            tiny.PathOf("tokenizer.json"), $$"""{ "normalizer": { "lowercase": true }, "model": { "type": "WordPiece", "vocab": { {{vocabulary}} } } }""");
        await using ServiceProvider services = Services(tiny);

        EmbeddedTexts embedded = await services.GetRequiredService<EmbeddingModels>().Default.EmbedAsync(Tenant, ["DOG"], EmbeddingUse.Query, default);

        Assert.Equal(Mean("[CLS]", "dog", "[SEP]"), embedded.Vectors[0].ToArray(), Close);
    }

    [Fact]
    public async Task Texts_of_many_callers_get_their_own_vectors()
    {
        using TinyModel tiny = TinyModel.Make();
        await using ServiceProvider services = Services(tiny, ("ConcurrentRequests", "2"));
        EmbeddingClient client = services.GetRequiredService<EmbeddingModels>().Default;
        string[] texts = [.. Enumerable.Range(0, 100).Select(i => string.Join(' ', Enumerable.Repeat(i % 2 == 0 ? "cat" : "dog", 1 + (i % 9))))];

        EmbeddedTexts[] embedded = await Task.WhenAll(
            Enumerable.Range(0, 10).Select(_ => client.EmbedAsync(Guid.NewGuid(), texts, EmbeddingUse.Document, default)));

        Assert.All(embedded, of => Assert.All(texts, (text, i) =>
            Assert.Equal(Mean(["[CLS]", .. text.Split(' '), "[SEP]"]), of.Vectors[i].ToArray(), Close)));
    }

    [Theory]
    [InlineData("model.onnx", null, "'*model.onnx' does not exist")]
    [InlineData("model.onnx", "no model", "cannot be loaded")]
    [InlineData("vocab.txt", null, "neither vocab.txt nor tokenizer.json")]
    [InlineData("vocab.txt", "no special words", "cannot be read")]
    [InlineData("tokenizer_config.json", "{", "cannot be read")]
    public void Folder_that_holds_no_model_stops_the_host_with_a_reason(string file, string? content, string reason)
    {
        using TinyModel tiny = TinyModel.Make();
        File.Delete(tiny.PathOf(file));
        if (content is not null)
        {
            File.WriteAllText(tiny.PathOf(file), content);
        }

        Refuses(tiny, reason);
    }

    [Fact]
    public void Model_of_another_shape_stops_the_host_with_a_reason()
    {
        using TinyModel tiny = TinyModel.Make();

        Refuses(tiny, "Dimensions is 4", ("Dimensions", "4"));
    }

    [Fact]
    public void Model_with_inputs_that_nobody_fills_stops_the_host_with_a_reason()
    {
        using TinyModel tiny = TinyModel.Make(true, "input_ids", "pixels");

        Refuses(tiny, "its input 'pixels' is not one of");
    }

    private static void Refuses(TinyModel tiny, string reason, params (string Name, string Value)[] settings)
    {
        using ServiceProvider services = Services(tiny, settings);

        InvalidOperationException exception = Assert.Throws<InvalidOperationException>(() => services.GetServices<IHostedService>().Count());

        Assert.Matches(System.Text.RegularExpressions.Regex.Escape(reason).Replace(@"\*", ".*", StringComparison.Ordinal), exception.Message);
    }

    private static bool Close(float expected, float actual) => Math.Abs(expected - actual) < 1e-5;

    private static float[] Mean(params string[] words)
    {
        float[] sum = new float[TinyModel.Dimensions];
        foreach (string word in words)
        {
            float[] vector = TinyModel.VectorOf(word);
            for (int i = 0; i < sum.Length; i++)
            {
                sum[i] += vector[i];
            }
        }

        double length = Math.Sqrt(sum.Sum(x => (double)x * x));
        return [.. sum.Select(x => (float)(x / length))];
    }

    private static ServiceProvider Services(TinyModel tiny, params (string Name, string Value)[] settings)
    {
        Dictionary<string, string?> all = new()
        {
            ["Ai:DefaultModel"] = "tiny",
            ["Ai:Models:0:Id"] = "tiny",
            ["Ai:Models:0:Provider"] = "Onnx",
            ["Ai:Models:0:Folder"] = tiny.Folder,
            ["Ai:Models:0:Dimensions"] = "3",
        };
        foreach ((string name, string value) in settings)
        {
            all[$"Ai:Models:0:{name}"] = value;
        }

        return new ServiceCollection().AddLogging().AddAi(new ConfigurationBuilder().AddInMemoryCollection(all).Build()).BuildServiceProvider();
    }
}
