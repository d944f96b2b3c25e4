using System.Collections.Concurrent;
using Freehold.Ai;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Freehold.Tests.Ai;

/// <summary>What becomes of texts that are sent to an endpoint which throttles, stalls, breaks or lies.</summary>
public sealed class RemoteEmbeddingTests : IAsyncLifetime
{
    private static readonly Guid Tenant = Guid.NewGuid();

    private readonly ConcurrentQueue<string> _log = new();
    private EmbeddingServer _server = null!;
    private ServiceProvider? _services;

    public async Task InitializeAsync() => _server = await EmbeddingServer.StartAsync();

    public async Task DisposeAsync()
    {
        if (_services is not null)
        {
            await _services.DisposeAsync();
        }

        await _server.DisposeAsync();
    }

    [Fact]
    public async Task Texts_go_in_batches_within_the_limits_and_vectors_come_back_in_order_and_of_length_1()
    {
        EmbeddingClient client = Client(("MaxBatchChunks", "3"), ("MaxBatchTokens", "40"), ("MaxInputTokens", "20"), ("ApiKey", "sesame"), ("Deployment", "small"));
        string[] texts = [.. Enumerable.Range(0, 20).Select(i => string.Concat(Enumerable.Repeat("word ", 1 + (i * 2))))];

        EmbeddedTexts embedded = await client.EmbedAsync(Tenant, texts, EmbeddingUse.Document, default);

        Assert.All(_server.Requests, request =>
        {
            Assert.Equal(("/v1/embeddings", "Bearer sesame", "small", null), (request.Path, request.Authorization, request.Model, request.Dimensions));
            Assert.InRange(request.Texts.Count, 1, 3);
            Assert.InRange(request.Texts.Sum(text => client.Model.Tokenizer.CountTokens(text)), 1, 40);
        });
        string[] sent = [.. _server.Requests.SelectMany(request => request.Texts)];
        Assert.Equal(20, sent.Length);
        Assert.All(sent, text => Assert.InRange(client.Model.Tokenizer.CountTokens(text), 1, 20));
        Assert.All(embedded.Vectors, vector => Assert.Equal(1, Math.Sqrt(vector.ToArray().Sum(x => (double)x * x)), 5));
        double[] lengths = [.. embedded.Vectors.Select(vector => Math.Round(vector.Span[0] / (double)vector.Span[3]))];
        Assert.Equal(lengths.Order(), lengths);
        Assert.Equal(5, lengths[0]);
        Assert.Equal(7 * _server.Requests.Count, embedded.Tokens);
    }

    [Fact]
    public async Task Many_callers_at_a_time_get_the_vectors_of_their_own_texts()
    {
        EmbeddingClient client = Client(("MaxBatchChunks", "2"), ("ConcurrentRequests", "32"));

        await Parallel.ForEachAsync(Enumerable.Range(1, 400), new ParallelOptions { MaxDegreeOfParallelism = 16 }, async (length, token) =>
        {
            string[] texts = [new('a', length), new('b', length), new('c', length + 1)];
            EmbeddedTexts embedded = await client.EmbedAsync(Guid.NewGuid(), texts, EmbeddingUse.Document, token);
            Assert.Equal(texts.Select(text => text.Length), embedded.Vectors.Select(vector => (int)Math.Round(vector.Span[0] / vector.Span[3])));
        });
    }

    [Fact]
    public async Task Prefixes_tell_queries_from_documents_and_no_key_sends_no_authorization()
    {
        EmbeddingClient client = Client(("QueryPrefix", "query: "), ("DocumentPrefix", "passage: "), ("RequestDimensions", "true"));

        await client.EmbedAsync(Tenant, ["a"], EmbeddingUse.Query, default);
        await client.EmbedAsync(Tenant, ["b"], EmbeddingUse.Document, default);

        Assert.Equal(["query: a", "passage: b"], _server.Requests.SelectMany(request => request.Texts));
        Assert.All(_server.Requests, request => Assert.Equal(("", 4), (request.Authorization, request.Dimensions)));
    }

    [Fact]
    public async Task Azure_account_is_asked_below_its_own_path()
    {
        EmbeddingClient client = Client(("Provider", "AzureOpenAI"), ("Endpoint", _server.Root.AbsoluteUri), ("ApiKey", "sesame"));

        await client.EmbedAsync(Tenant, ["a"], EmbeddingUse.Query, default);

        EmbeddingServer.Received request = Assert.Single(_server.Requests);
        Assert.Equal(("/openai/v1/embeddings", "Bearer sesame"), (request.Path, request.Authorization));
    }

    [Theory]
    [InlineData("retry-after-ms", "300")]
    [InlineData("Retry-After", "1")]
    [InlineData("Retry-After", "Sat, 01 Jan 2000 00:00:01 GMT")]
    public async Task Throttled_request_is_sent_again_when_the_endpoint_said(string header, string value)
    {
        _server.ThenStatus(429, headers: [(header, value), ("Date", "Sat, 01 Jan 2000 00:00:00 GMT")]);

        await Client().EmbedAsync(Tenant, ["a"], EmbeddingUse.Document, default);

        TimeSpan pause = Pause();
        Assert.InRange(pause, TimeSpan.FromSeconds(header == "Retry-After" ? 0.99 : 0.29), TimeSpan.FromSeconds(5));
    }

    [Fact]
    public async Task Throttled_request_without_a_word_on_when_is_sent_again_after_growing_pauses()
    {
        _server.ThenStatus(429, times: 3);

        await Client().EmbedAsync(Tenant, ["a"], EmbeddingUse.Document, default);

        Assert.Equal(4, _server.Requests.Count);
    }

    [Fact]
    public async Task Pause_longer_than_the_time_there_is_comes_back_at_once_and_holds_back_everybody()
    {
        EmbeddingClient client = Client(("TotalTimeout", "00:00:20"));
        _server.ThenStatus(429, headers: ("Retry-After", "90"));

        ModelException first = await FailAsync(client);
        ModelException second = await FailAsync(client);

        Assert.Equal((ModelFailure.Throttled, TimeSpan.FromSeconds(90)), (first.Kind, first.RetryAfter));
        Assert.Equal(ModelFailure.Throttled, second.Kind);
        Assert.InRange(second.RetryAfter!.Value, TimeSpan.FromSeconds(60), TimeSpan.FromSeconds(90));
        Assert.Single(_server.Requests);
    }

    [Theory]
    [InlineData(500)]
    [InlineData(503)]
    [InlineData(408)]
    public async Task Endpoint_that_recovers_is_waited_for(int status)
    {
        _server.ThenStatus(status, times: 2);

        Assert.Single((await Client().EmbedAsync(Tenant, ["a"], EmbeddingUse.Document, default)).Vectors);
    }

    [Fact]
    public async Task Connection_that_is_cut_in_the_middle_of_an_answer_is_tried_again()
    {
        _server.Then(CutAsync, times: 2);

        Assert.Single((await Client().EmbedAsync(Tenant, ["a"], EmbeddingUse.Document, default)).Vectors);
        Assert.Equal(3, _server.Requests.Count);
    }

    [Fact]
    public async Task Answer_that_stalls_ends_with_its_attempt()
    {
        _server.Then(StallAsync);

        await Client(("AttemptTimeout", "00:00:00.3")).EmbedAsync(Tenant, ["a"], EmbeddingUse.Document, default);

        Assert.Equal(2, _server.Requests.Count);
    }

    [Fact]
    public async Task Endpoint_that_only_stalls_is_given_up_in_the_time_for_a_query()
    {
        _server.Then(StallAsync, times: 50);
        long started = TimeProvider.System.GetTimestamp();

        ModelException failure = await FailAsync(Client(("AttemptTimeout", "00:00:00.5"), ("QueryTimeout", "00:00:01")), EmbeddingUse.Query);

        Assert.Equal(ModelFailure.Transient, failure.Kind);
        Assert.InRange(TimeProvider.System.GetElapsedTime(started), TimeSpan.FromSeconds(0.9), TimeSpan.FromSeconds(5));
    }

    [Fact]
    public async Task Endpoint_that_keeps_failing_is_left_alone_until_one_request_finds_it_back()
    {
        _server.ThenStatus(500, times: 6);
        EmbeddingClient client = Client(("BreakDuration", "00:00:01"));

        ModelException failure = await FailAsync(client);
        ModelException open = await FailAsync(client);

        Assert.Equal(6, _server.Requests.Count);
        Assert.All([failure, open], exception => Assert.NotEqual(ModelFailure.Permanent, exception.Kind));
        Assert.Equal(ModelFailure.Throttled, open.Kind);
        Assert.InRange(open.RetryAfter!.Value, TimeSpan.FromMilliseconds(1), TimeSpan.FromSeconds(1));
        Assert.Contains(_log, entry => entry.Contains("is left alone", StringComparison.Ordinal));
        await Task.Delay(open.RetryAfter.Value + TimeSpan.FromMilliseconds(50));
        Assert.Single((await client.EmbedAsync(Tenant, ["a"], EmbeddingUse.Document, default)).Vectors);
    }

    [Theory]
    [InlineData(401)]
    [InlineData(403)]
    [InlineData(404)]
    public async Task Wrong_key_or_deployment_waits_for_an_operator_and_fails_no_document(int status)
    {
        _server.ThenStatus(status, times: 10);

        ModelException failure = await FailAsync(Client());

        Assert.Equal((ModelFailure.Transient, TimeSpan.FromMinutes(5)), (failure.Kind, failure.RetryAfter));
        Assert.Single(_server.Requests);
        Assert.Contains(_log, entry => entry.Contains("needs an operator", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Refused_text_is_not_sent_again_and_stands_in_no_message()
    {
        _server.ThenStatus(400);

        ModelException failure = await FailAsync(Client());

        Assert.Equal(ModelFailure.Permanent, failure.Kind);
        Assert.Single(_server.Requests);
        Assert.DoesNotContain("secret", failure + string.Concat(_log), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""{"data":[{"index":0,"embedding":[1,2,3]}]}""")]
    [InlineData("""{"data":[{"index":0,"embedding":[1,2,3,4]},{"index":1,"embedding":[1,2,3,4]}]}""")]
    [InlineData("""{"data":[{"index":5,"embedding":[1,2,3,4]}]}""")]
    [InlineData("""{"data":[{"index":0,"embedding":[0,0,0,0]}]}""")]
    [InlineData("""{"data":[{"index":0,"embedding":[1e39,1,1,1]}]}""")]
    [InlineData("""{"data":[{"index":0,"embedding":"AADAfwAAwH8AAMB/AADAfw=="}]}""")]
    [InlineData("""{"data":[{"index":0,"embedding":"!"}]}""")]
    [InlineData("""{"data":[{"index":0}]}""")]
    [InlineData("""{"data":[{"index":0,"embedding":null}]}""")]
    [InlineData("""{"data":[7]}""")]
    [InlineData("""{"data":"a"}""")]
    [InlineData("""{"data":[]}""")]
    [InlineData("""{"dat""")]
    [InlineData("{}")]
    [InlineData("[]")]
    [InlineData("<html>the secret text</html>")]
    [InlineData("")]
    public async Task Wrong_answer_is_permanent_and_told_to_operators(string answer)
    {
        _server.ThenAnswer(answer);

        ModelException failure = await FailAsync(Client());

        Assert.Equal((ModelFailure.Permanent, "The embedding model answered wrongly."), (failure.Kind, failure.Explanation));
        Assert.Single(_server.Requests);
        Assert.Contains(_log, entry => entry.Contains("The model remote answered", StringComparison.Ordinal));
        Assert.DoesNotContain("secret", failure + string.Concat(_log), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Vectors_in_another_order_find_their_texts()
    {
        _server.Then((context, received) => EmbeddingServer.AnswerAsync(
            context, received.Texts.Select((text, index) => (index, new float[] { text.Length, 0, 0, 1 })).Reverse()));

        EmbeddedTexts embedded = await Client().EmbedAsync(Tenant, ["a", "bb"], EmbeddingUse.Document, default);

        Assert.Equal(2, embedded.Vectors[1].Span[0] / embedded.Vectors[1].Span[3], 3);
    }

    [Fact]
    public async Task Caller_who_goes_away_is_not_told_of_a_failure()
    {
        _server.Then(StallAsync);
        using CancellationTokenSource away = new(TimeSpan.FromMilliseconds(300));

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => Client().EmbedAsync(Tenant, ["a"], EmbeddingUse.Document, away.Token));
    }

    [Fact]
    public async Task Nobody_at_the_address_is_transient()
    {
        ModelException failure = await FailAsync(Client(("Endpoint", "http://127.0.0.1:9/v1")));

        Assert.Equal((ModelFailure.Transient, "The embedding model could not be reached."), (failure.Kind, failure.Explanation));
    }

    [Fact]
    public async Task Nothing_to_embed_asks_nobody()
    {
        Assert.Empty((await Client().EmbedAsync(Tenant, [], EmbeddingUse.Document, default)).Vectors);
        Assert.Empty(_server.Requests);
    }

    private static async Task<ModelException> FailAsync(EmbeddingClient client, EmbeddingUse use = EmbeddingUse.Document) =>
        await Assert.ThrowsAsync<ModelException>(() => client.EmbedAsync(Tenant, ["a text"], use, default));

    private static async Task CutAsync(HttpContext context, EmbeddingServer.Received received)
    {
        context.Response.ContentLength = 1000;
        await context.Response.WriteAsync("""{"data":[{"index":0,""");
        await context.Response.Body.FlushAsync();
        context.Abort();
    }

    private static async Task StallAsync(HttpContext context, EmbeddingServer.Received received)
    {
        await context.Response.WriteAsync("""{"data":[{"index":0,""");
        await context.Response.Body.FlushAsync();
        await Task.Delay(Timeout.Infinite, context.RequestAborted).ContinueWith(_ => { }, TaskScheduler.Default);
    }

    private TimeSpan Pause()
    {
        long[] times = [.. _server.Requests.Select(request => request.At)];
        Assert.Equal(2, times.Length);
        return TimeProvider.System.GetElapsedTime(times[0], times[1]);
    }

    private EmbeddingClient Client(params (string Name, string Value)[] settings)
    {
        Dictionary<string, string?> all = new()
        {
            ["Ai:DefaultModel"] = "remote",
            ["Ai:Models:0:Id"] = "remote",
            ["Ai:Models:0:Provider"] = "OpenAI",
            ["Ai:Models:0:Endpoint"] = _server.Endpoint.AbsoluteUri,
            ["Ai:Models:0:Dimensions"] = "4",
            ["Ai:Models:0:FirstPause"] = "00:00:00.01",
        };
        foreach ((string name, string value) in settings)
        {
            all[$"Ai:Models:0:{name}"] = value;
        }

        _services = new ServiceCollection()
            .AddLogging(logging => logging.AddProvider(new Journal(_log)))
            .AddAi(new ConfigurationBuilder().AddInMemoryCollection(all).Build())
            .BuildServiceProvider();
        Assert.NotNull(_services.GetRequiredService<IOptions<AiOptions>>().Value);
        return _services.GetRequiredService<EmbeddingModels>().Default;
    }
}
