using System.Collections.Concurrent;
using Freehold.Ai;
using Freehold.Ai.Reranking;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Freehold.Tests.Ai.Reranking;

/// <summary>What becomes of passages at an endpoint that throttles, stalls, breaks off or lies.</summary>
public sealed class HttpRerankerTests : IAsyncLifetime
{
    private static readonly Guid Tenant = Guid.NewGuid();
    private static readonly string[] Texts = ["a", "xx", "the secret text"];

    private readonly ConcurrentQueue<string> _log = new();
    private RerankServer _server = null!;
    private ServiceProvider? _services;

    public Task InitializeAsync()
    {
        _server = RerankServer.Start();
        return Task.CompletedTask;
    }

    public async Task DisposeAsync()
    {
        if (_services is not null)
        {
            await _services.DisposeAsync();
        }

        await _server.DisposeAsync();
    }

    [Fact]
    public async Task Texts_get_their_scores_in_whatever_order_the_results_come()
    {
        RerankClient client = Client(("ApiKey", "sesame"));

        Assert.Equal([0, 2, 1], await client.ScoreAsync(Tenant, "a query", Texts, default));

        RerankServer.Received asked = Assert.Single(_server.Requests);
        Assert.Equal(("/v1/rerank", "Bearer sesame", "ranker", "a query", 3), (asked.Path, asked.Authorization, asked.Model, asked.Query, asked.TopN));
        Assert.Equal(Texts, asked.Texts);
        Assert.Empty(_log);
    }

    [Fact]
    public async Task Without_a_key_no_authorization_is_sent()
    {
        await ScoreAsync(Client());

        Assert.Empty(Assert.Single(_server.Requests).Authorization);
    }

    [Fact]
    public async Task Texts_follow_no_redirect()
    {
        _server.ThenStatus(307, 1, ("Location", $"{_server.Endpoint}/elsewhere"));

        await Assert.ThrowsAsync<ModelException>(() => ScoreAsync(Client()));

        Assert.Equal("/v1/rerank", Assert.Single(_server.Requests).Path);
    }

    [Fact]
    public async Task Throttled_request_is_sent_again_when_the_endpoint_said()
    {
        _server.ThenStatus(429, 1, ("Retry-After", "1"));

        await ScoreAsync(Client());

        long[] times = [.. _server.Requests.Select(request => request.At)];
        Assert.Equal(2, times.Length);
        Assert.True(TimeProvider.System.GetElapsedTime(times[0], times[1]) >= TimeSpan.FromSeconds(0.99));
    }

    [Fact]
    public async Task Endpoint_that_asks_for_a_longer_pause_than_a_search_waits_is_left_alone_by_all()
    {
        _server.ThenStatus(429, 1, ("Retry-After", "60"));
        RerankClient client = Client();

        Assert.All([await FailAsync(client), await FailAsync(client)], failure => Assert.Equal(ModelFailure.Throttled, failure.Kind));
        Assert.Single(_server.Requests);
    }

    [Fact]
    public async Task Answer_that_stalls_or_breaks_off_is_asked_for_again()
    {
        _server.ThenStall().ThenCut();

        await ScoreAsync(Client(("AttemptTimeout", "00:00:00.3")));

        Assert.Equal(3, _server.Requests.Count);
    }

    [Fact]
    public async Task Endpoint_that_only_stalls_is_given_up_in_time()
    {
        _server.ThenStall(times: 10);
        long started = TimeProvider.System.GetTimestamp();

        ModelException failure = await FailAsync(Client(("TotalTimeout", "00:00:00.5")));

        Assert.Equal(ModelFailure.Transient, failure.Kind);
        Assert.InRange(TimeProvider.System.GetElapsedTime(started), TimeSpan.FromSeconds(0.4), TimeSpan.FromSeconds(3));
    }

    [Fact]
    public async Task Endpoint_that_keeps_failing_is_left_alone_for_a_while()
    {
        _server.ThenStatus(500, times: 6);
        RerankClient client = Client(("BreakDuration", "00:00:00.5"));

        // The first attempt and two more, twice.
        await FailAsync(client);
        await FailAsync(client);
        ModelException open = await FailAsync(client);

        Assert.Equal((ModelFailure.Throttled, 6), (open.Kind, _server.Requests.Count));
        Assert.Contains(_log, entry => entry.Contains("is left alone", StringComparison.Ordinal));
        await Task.Delay(open.RetryAfter!.Value + TimeSpan.FromMilliseconds(50));
        await ScoreAsync(client);
    }

    [Theory]
    [InlineData("""{"results":[]}""")]
    [InlineData("""{"results":[{"index":0,"relevance_score":1},{"index":1,"relevance_score":1}]}""")]
    [InlineData("""{"results":[{"index":0,"relevance_score":1},{"index":1,"relevance_score":1},{"index":1,"relevance_score":1}]}""")]
    [InlineData("""{"results":[{"index":0,"relevance_score":1},{"index":1,"relevance_score":1},{"index":3,"relevance_score":1}]}""")]
    [InlineData("""{"results":[{"index":0,"relevance_score":1},{"index":1,"relevance_score":1},{"index":-1,"relevance_score":1}]}""")]
    [InlineData("""{"results":[{"index":0,"relevance_score":1},{"index":1,"relevance_score":1},{"index":2,"relevance_score":1},{"index":2,"relevance_score":1}]}""")]
    [InlineData("""{"results":[{"index":0,"relevance_score":1},{"index":1,"relevance_score":1},{"index":2,"relevance_score":1e999}]}""")]
    [InlineData("""{"results":[{"index":0,"relevance_score":1},{"index":1,"relevance_score":1},{"index":2,"relevance_score":NaN}]}""")]
    [InlineData("""{"results":[{"index":0,"relevance_score":1},{"index":1,"relevance_score":1},{"index":2,"relevance_score":null}]}""")]
    [InlineData("""{"results":[{"index":0,"relevance_score":1},{"index":1,"relevance_score":1},{"index":2}]}""")]
    [InlineData("""{"results":[{"relevance_score":1},{"index":1,"relevance_score":1},{"index":2,"relevance_score":1}]}""")]
    [InlineData("""{"results":[null,null,null]}""")]
    [InlineData("""{"results":null}""")]
    [InlineData("""{"data":[{"index":0,"relevance_score":1}]}""")]
    [InlineData("""[{"index":0,"score":1}]""")]
    [InlineData("""{"results":[{"index":0""")]
    [InlineData("null")]
    [InlineData("<html>the secret text</html>")]
    [InlineData("")]
    public async Task Wrong_answer_is_not_asked_for_again_and_told_to_operators(string answer)
    {
        _server.ThenAnswer(answer);

        ModelException failure = await FailAsync(Client());

        Assert.Equal(ModelFailure.Permanent, failure.Kind);
        Assert.Single(_server.Requests);
        Assert.Contains(_log, entry => entry.Contains("needs an operator: The model ranker", StringComparison.Ordinal));
        Assert.DoesNotContain("secret", failure + string.Concat(_log), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(400, ModelFailure.Permanent)]
    [InlineData(413, ModelFailure.Permanent)]
    [InlineData(401, ModelFailure.Transient)]
    [InlineData(404, ModelFailure.Transient)]
    public async Task Refusal_is_not_repeated_and_none_of_its_words_are_passed_on(int status, ModelFailure kind)
    {
        _server.ThenStatus(status);

        ModelException failure = await FailAsync(Client(("ApiKey", "sesame")));

        Assert.Equal(kind, failure.Kind);
        Assert.Single(_server.Requests);
        Assert.DoesNotContain("secret", failure + string.Concat(_log), StringComparison.Ordinal);
        Assert.DoesNotContain("sesame", failure + string.Concat(_log), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Passages_go_to_no_other_place_where_the_endpoint_points_to()
    {
        await using RerankServer other = RerankServer.Start();
        _server.ThenStatus(307, 1, ("Location", other.Endpoint + "/rerank"));

        await FailAsync(Client());

        Assert.Empty(other.Requests);
    }

    [Fact]
    public async Task Nobody_at_the_address_is_transient() =>
        Assert.Equal(ModelFailure.Transient, (await FailAsync(Client(("Endpoint", "http://127.0.0.1:9/v1")))).Kind);

    [Fact]
    public async Task Caller_who_goes_away_is_not_told_of_a_failure()
    {
        _server.ThenStall();
        using CancellationTokenSource away = new(TimeSpan.FromMilliseconds(200));

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => Client().ScoreAsync(Tenant, "a query", Texts, away.Token));
    }

    private static async Task ScoreAsync(RerankClient client) => Assert.Equal([0, 2, 1], await client.ScoreAsync(Tenant, "a query", Texts, default));

    private static Task<ModelException> FailAsync(RerankClient client) =>
        Assert.ThrowsAsync<ModelException>(() => client.ScoreAsync(Tenant, "a query", Texts, default));

    private RerankClient Client(params (string Name, string Value)[] settings)
    {
        Dictionary<string, string?> all = new()
        {
            ["Ai:Reranker:Provider"] = "Http",
            ["Ai:Reranker:Endpoint"] = _server.Endpoint,
            ["Ai:Reranker:Model"] = "ranker",
            ["Ai:Reranker:FirstPause"] = "00:00:00.01",
        };
        foreach ((string name, string value) in settings)
        {
            all[$"Ai:Reranker:{name}"] = value;
        }

        _services = new ServiceCollection()
            .AddLogging(logging => logging.AddProvider(new Journal(_log)))
            .AddAi(new ConfigurationBuilder().AddInMemoryCollection(all).Build())
            .BuildServiceProvider();
        return _services.GetRequiredService<RerankClient>();
    }
}
