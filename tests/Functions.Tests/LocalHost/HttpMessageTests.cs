using System.Net;
using Freehold.Functions.Tests.LocalHost.Fixtures;
using Freehold.LocalHost.Worker;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Mvc;

namespace Freehold.Functions.Tests.LocalHost;

public sealed class HttpMessageTests(AzuriteServer azurite) : IClassFixture<AzuriteServer>
{
    [AzuriteFact]
    public async Task Messages_are_in_their_queues_before_the_answer_is_written()
    {
        await using RunningHost host = await RunningHost.StartAsync([typeof(Functions)], azurite.ConnectionString);
        int sent = -1;
        host.Invocations.Behaviour = async (_, cancellationToken) =>
            sent = (await azurite.Queue("embeddings").PeekMessagesAsync(32, cancellationToken)).Value.Length
                + (await azurite.Queue("operations").PeekMessagesAsync(32, cancellationToken)).Value.Length;

        string answer = await host.Http.GetStringAsync(new Uri("api/Accept", UriKind.Relative));

        Assert.Equal("accepted", answer);
        Assert.Equal(3, sent);
        Assert.Equal("{\"only\":1}", (await azurite.Queue("operations").PeekMessageAsync()).Value.Body.ToString());
    }

    [AzuriteFact]
    public async Task A_result_without_messages_sends_none()
    {
        await using RunningHost host = await RunningHost.StartAsync([typeof(Functions)], azurite.ConnectionString);

        Assert.Equal("refused", await host.Http.GetStringAsync(new Uri("api/Refuse", UriKind.Relative)));
        Assert.Equal("", await host.Http.GetStringAsync(new Uri("api/Plain", UriKind.Relative)));
        Assert.Equal("plain", (await azurite.Queue("documents").PeekMessageAsync()).Value.Body.ToString());
    }

    [Fact]
    public async Task Messages_that_can_not_be_sent_turn_the_answer_into_503()
    {
        const string Nowhere = "AccountName=devstoreaccount1;AccountKey=AAAA;QueueEndpoint=http://127.0.0.1:9/devstoreaccount1;";
        await using RunningHost host = await RunningHost.StartAsync([typeof(Functions)], Nowhere);

        HttpResponseMessage response = await host.Http.GetAsync(new Uri("api/Accept", UriKind.Relative));

        Assert.Equal(HttpStatusCode.ServiceUnavailable, response.StatusCode);
        Assert.Equal("application/problem+json", response.Content.Headers.ContentType!.MediaType);
        Assert.NotNull(response.Headers.RetryAfter);
        Assert.Equal(1, host.Log.Count(9002));
        await host.Invocations.UntilAsync(_ => host.Log.Count(9003) == 1);
        Assert.All(host.Log.Lines, line =>
        {
            Assert.DoesNotContain("AAAA", line.Text, StringComparison.Ordinal);
            Assert.DoesNotContain("only", line.Text, StringComparison.Ordinal);
        });
    }

    private sealed class Accepted
    {
        [HttpResult]
        public required IActionResult Answer { get; init; }

        [ServiceBusOutput("embeddings", Connection = "ServiceBus")]
        public string[]? Many { get; init; }

        [ServiceBusOutput("operations", Connection = "ServiceBus")]
        public string? One { get; init; }
    }

    private sealed class Functions(Invocations invocations)
    {
        [Function("Accept")]
        public Accepted Accept([HttpTrigger(AuthorizationLevel.Anonymous, "get")] HttpRequest request) => new()
        {
            Answer = new TextResult("accepted", () => invocations.RunAsync(request.Path, CancellationToken.None)),
            Many = ["{\"first\":1}", "{\"second\":2}"],
            One = "{\"only\":1}",
        };

        [Function("Refuse")]
        public Task<Accepted> RefuseAsync([HttpTrigger(AuthorizationLevel.Anonymous, "get")] HttpRequest request)
        {
            invocations.Add(request.Path);
            return Task.FromResult(new Accepted { Answer = new TextResult("refused") });
        }

        [Function("Plain")]
        [ServiceBusOutput("documents", Connection = "ServiceBus")]
        public string Plain([HttpTrigger(AuthorizationLevel.Anonymous, "get")] HttpRequest request)
        {
            invocations.Add(request.Path);
            return "plain";
        }
    }
}
