using System.Text;
using Freehold.Ai;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.Logging.Abstractions;

namespace Freehold.Tests.Ai;

/// <summary>What becomes of a prompt at an endpoint that throttles, stalls, breaks off or is left.</summary>
public sealed class ChatModelTests : IAsyncLifetime
{
    private ChatServer _server = null!;

    public async Task InitializeAsync() => _server = await ChatServer.StartAsync();

    public async Task DisposeAsync() => await _server.DisposeAsync();

    [Fact]
    public async Task Answer_comes_piece_by_piece_with_the_tokens_used()
    {
        _server.ThenSay("One", " two");
        using ChatModel model = Model();

        List<ChatResponseUpdate> updates = [];
        await foreach (ChatResponseUpdate update in model.WriteAsync(Prompt, 10, default))
        {
            updates.Add(update);
        }

        Assert.Equal("One two", string.Concat(updates.Select(update => update.Text)));
        Assert.Equal(11, updates.SelectMany(update => update.Contents).OfType<UsageContent>().Single().Details.InputTokenCount);
    }

    [Fact]
    public async Task Throttled_request_is_sent_again_when_the_endpoint_said()
    {
        _server.ThenStatus(429, ("Retry-After", "1")).ThenSay("Yes");
        using ChatModel model = Model();
        long started = TimeProvider.System.GetTimestamp();

        Assert.Equal("Yes", await ReadAsync(model));
        Assert.InRange(TimeProvider.System.GetElapsedTime(started), TimeSpan.FromSeconds(0.99), TimeSpan.FromSeconds(10));
    }

    [Fact]
    public async Task Answer_that_has_begun_is_never_asked_for_again()
    {
        _server.ThenSayAndCut("One").ThenSay("Two");
        using ChatModel model = Model();

        ModelException failure = await Assert.ThrowsAsync<ModelException>(() => ReadAsync(model));

        Assert.Equal(ModelFailure.Transient, failure.Kind);
        Assert.Single(_server.Requests);
    }

    [Fact]
    public async Task Answer_that_stalls_ends_and_so_does_its_request()
    {
        _server.ThenSayAndStall("One");
        using ChatModel model = Model(TimeSpan.FromSeconds(0.5));

        await Assert.ThrowsAsync<ModelException>(() => ReadAsync(model));
        await _server.Closed.Task.WaitAsync(TimeSpan.FromSeconds(10));
    }

    [Fact]
    public async Task Who_stops_reading_closes_the_connection_to_the_model()
    {
        _server.ThenSayAndStall("One");
        using ChatModel model = Model();
        using CancellationTokenSource gone = new();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () =>
        {
            await foreach (ChatResponseUpdate _ in model.WriteAsync(Prompt, 10, gone.Token))
            {
                await gone.CancelAsync();
            }
        });
        await _server.Closed.Task.WaitAsync(TimeSpan.FromSeconds(10));
    }

    [Fact]
    public async Task Refusal_is_not_repeated_and_none_of_its_words_are_passed_on()
    {
        _server.ThenStatus(400);
        using ChatModel model = Model();

        ModelException failure = await Assert.ThrowsAsync<ModelException>(() => ReadAsync(model));

        Assert.Equal(ModelFailure.Permanent, failure.Kind);
        Assert.DoesNotContain("secret", failure.ToString(), StringComparison.Ordinal);
        Assert.Single(_server.Requests);
    }

    [Fact]
    public async Task Azure_account_is_asked_below_its_own_path_with_the_key_and_no_version()
    {
        _server.ThenSay("Yes");
        using ChatModel model = Model(provider: ChatProvider.AzureOpenAI);

        Assert.Equal("Yes", await ReadAsync(model));
        ChatServer.Received request = Assert.Single(_server.Requests);
        Assert.Equal(("/openai/v1/chat/completions", "Bearer sesame", "m"), (request.Path, request.Authorization, request.Model));
    }

    private static IReadOnlyList<ChatMessage> Prompt => [new(ChatRole.User, "Question?")];

    private static async Task<string> ReadAsync(ChatModel model)
    {
        StringBuilder text = new();
        await foreach (ChatResponseUpdate update in model.WriteAsync(Prompt, 10, default))
        {
            text.Append(update.Text);
        }

        return text.ToString();
    }

    private ChatModel Model(TimeSpan? attempt = null, ChatProvider provider = ChatProvider.OpenAI) => new(
        new ChatModelOptions
        {
            Provider = provider,
            Endpoint = provider == ChatProvider.AzureOpenAI ? _server.Root : _server.Endpoint,
            ApiKey = provider == ChatProvider.AzureOpenAI ? "sesame" : null,
            Model = "m",
            AttemptTimeout = attempt ?? TimeSpan.FromSeconds(20),
            FirstPause = TimeSpan.FromMilliseconds(10),
        },
        TimeProvider.System,
        NullLogger.Instance);
}
