using Freehold.Ai;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace Freehold.Tests.Ai;

/// <summary>What the settings below <c>Ai</c> may be, and what is registered.</summary>
public sealed class AiOptionsTests
{
    [Fact]
    public void Without_settings_there_is_the_embedded_model()
    {
        using ServiceProvider services = Services([]);
        EmbeddingModels models = services.GetRequiredService<EmbeddingModels>();

        Assert.Equal(("lexical-384", 384, 0.1), (models.Default.Model.Id, models.Default.Model.Dimensions, models.Default.Model.DenseWeight));
        Assert.Same(models.Default, Assert.Single(models.All));
        Assert.Same(models.Default.Model, services.GetRequiredService<EmbeddingModel>());
        Assert.Equal(2, models.Default.Model.Tokenizer.CountTokens("Hello world"));
        Assert.Null(models.Find("unknown"));
    }

    [Fact]
    public void Configured_model_stands_beside_the_embedded_one_which_stays_the_default_unless_told_otherwise()
    {
        using ServiceProvider services = Services(Remote(("Tokenizer", "o200k_base"), ("PricePerMillionTokens", "0.02"), ("DenseWeight", "0.7")));
        EmbeddingModels models = services.GetRequiredService<EmbeddingModels>();

        EmbeddingModel remote = models.Find("m")!.Model;

        Assert.Equal("lexical-384", models.Default.Model.Id);
        Assert.Equal(("m", 4, 0.7, 0.02m, 8_000), (remote.Id, remote.Dimensions, remote.DenseWeight, remote.PricePerMillionTokens, remote.MaxInputTokens));
    }

    [Fact]
    public void Embedded_model_takes_another_weight()
    {
        using ServiceProvider services = Services(new()
        {
            ["Ai:Models:0:Id"] = "lexical-384",
            ["Ai:Models:0:Provider"] = "Lexical",
            ["Ai:Models:0:DenseWeight"] = "0.3",
        });

        Assert.Equal(0.3, services.GetRequiredService<EmbeddingModels>().Default.Model.DenseWeight);
    }

    [Fact]
    public async Task Model_and_generator_that_were_added_before_take_the_place_of_the_embedded_ones()
    {
        EmbeddingModel model = new("lexical-384", 384, 0.1, 2);
        using LexicalEmbedder generator = new();
        await using ServiceProvider services = Services([], before => before
            .AddSingleton(model)
            .AddSingleton<IEmbeddingGenerator<string, Embedding<float>>>(generator));

        EmbeddingClient client = services.GetRequiredService<EmbeddingModels>().Default;

        Assert.Same(model, client.Model);
        Assert.Same(generator, client.Generator);
        Assert.Equal(2, (await client.EmbedAsync(Guid.NewGuid(), ["two words"], EmbeddingUse.Document, default)).Tokens);
    }

    [Theory]
    [InlineData("Id", "Upper", "1 to 63 characters")]
    [InlineData("Id", "", "Id")]
    [InlineData("Id", "lexical-384", "give it another")]
    [InlineData("Provider", "", "Provider")]
    [InlineData("Provider", "Other", "'Other'")]
    [InlineData("Provider", "Lexical", "has one model")]
    [InlineData("Provider", "Onnx", "set Folder")]
    [InlineData("Endpoint", "", "set Endpoint")]
    [InlineData("Endpoint", "ftp://localhost", "https://")]
    [InlineData("Endpoint", "localhost/v1", "https://")]
    [InlineData("Endpoint", "http://models.example/v1", "must not travel over http")]
    [InlineData("Dimensions", "", "set Dimensions")]
    [InlineData("Dimensions", "many", "'many'")]
    [InlineData("Dimension", "4", "Dimension")]
    [InlineData("Dimensions", "0", "Dimensions")]
    [InlineData("Dimensions", "4001", "Dimensions")]
    [InlineData("MaxInputTokens", "40000", "more than MaxBatchTokens")]
    [InlineData("MaxBatchChunks", "0", "MaxBatchChunks")]
    [InlineData("TokensPerMinute", "0", "TokensPerMinute")]
    [InlineData("ConcurrentRequests", "0", "ConcurrentRequests")]
    [InlineData("DenseWeight", "-1", "DenseWeight")]
    [InlineData("Tokenizer", "p50k_base", "'cl100k_base' or 'o200k_base'")]
    [InlineData("AttemptTimeout", "00:00:00", "AttemptTimeout")]
    public void Wrong_setting_is_refused_with_a_reason(string setting, string value, string reason)
    {
        using ServiceProvider services = Services(Remote(("ApiKey", "k"), (setting, value)));

        Exception exception = Assert.ThrowsAny<Exception>(() => services.GetRequiredService<IOptions<AiOptions>>().Value);

        Assert.True(exception is OptionsValidationException or InvalidOperationException, exception.Message);
        Assert.Contains(reason, exception.ToString(), StringComparison.Ordinal);
        Assert.DoesNotContain("\"k\"", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Same_id_twice_and_an_unknown_default_are_refused()
    {
        Dictionary<string, string?> settings = Remote();
        foreach ((string name, string? value) in Remote())
        {
            settings[name.Replace(":0:", ":1:", StringComparison.Ordinal)] = value;
        }

        settings["Ai:DefaultModel"] = "other";
        using ServiceProvider services = Services(settings);

        OptionsValidationException exception = Assert.Throws<OptionsValidationException>(() => services.GetRequiredService<IOptions<AiOptions>>().Value);

        Assert.Contains("Two models have the id 'm'", exception.Message, StringComparison.Ordinal);
        Assert.Contains("Ai:DefaultModel is 'other'", exception.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("Provider", "", "Provider")]
    [InlineData("Provider", "Cohere", "'Cohere'")]
    [InlineData("Endpoint", "", "Ai:Reranker: set Endpoint")]
    [InlineData("Endpoint", "http://models.example/v1", "must not travel over http")]
    [InlineData("Model", "", "Ai:Reranker: set Model")]
    [InlineData("Candidates", "1", "Candidates")]
    [InlineData("Candidate", "10", "Candidate")]
    [InlineData("TotalTimeout", "00:00:00", "TotalTimeout")]
    [InlineData("Provider", "Onnx", "Ai:Reranker: set Folder")]
    public void Wrong_setting_of_the_reranker_is_refused_with_a_reason(string setting, string value, string reason)
    {
        Dictionary<string, string?> settings = new()
        {
            ["Ai:Reranker:Provider"] = "Http",
            ["Ai:Reranker:Endpoint"] = "https://models.example/v2",
            ["Ai:Reranker:Model"] = "ranker",
            ["Ai:Reranker:ApiKey"] = "k",
        };
        using (ServiceProvider right = Services(settings))
        {
            Assert.Equal(50, right.GetRequiredService<IOptions<AiOptions>>().Value.Reranker!.Candidates);
        }

        settings[$"Ai:Reranker:{setting}"] = value.Length == 0 ? null : value;
        using ServiceProvider services = Services(settings);

        Exception exception = Assert.ThrowsAny<Exception>(() => services.GetRequiredService<IOptions<AiOptions>>().Value);

        Assert.Contains(reason, exception.ToString(), StringComparison.Ordinal);
    }

    private static Dictionary<string, string?> Remote(params (string Name, string Value)[] settings)
    {
        Dictionary<string, string?> all = new()
        {
            ["Ai:Models:0:Id"] = "m",
            ["Ai:Models:0:Provider"] = "OpenAI",
            ["Ai:Models:0:Endpoint"] = "https://models.example/v1",
            ["Ai:Models:0:Dimensions"] = "4",
        };
        foreach ((string name, string value) in settings)
        {
            all[$"Ai:Models:0:{name}"] = value.Length == 0 ? null : value;
        }

        return all;
    }

    private static ServiceProvider Services(Dictionary<string, string?> settings, Action<IServiceCollection>? before = null)
    {
        ServiceCollection services = new();
        before?.Invoke(services);
        return services.AddLogging().AddAi(new ConfigurationBuilder().AddInMemoryCollection(settings).Build()).BuildServiceProvider();
    }
}
