using System.ClientModel;
using System.Runtime.CompilerServices;
using System.Threading.RateLimiting;
using Azure.Identity;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.Logging;
using OpenAI.Chat;
using Polly.Timeout;

namespace Freehold.Ai;

/// <summary>
/// A model that writes. Until the first piece of an answer a request is tried again where that may help; from then on never, since
/// what has been passed on cannot be taken back. Who stops reading ends the request at the endpoint.
/// </summary>
internal sealed class ChatModel : IDisposable
{
    private const int MostWaiting = 64;
    private const int MaxRetries = 3;

    private readonly ChatModelOptions _options;
    private readonly TimeProvider _time;
    private readonly IChatClient _client;
    private readonly ModelPipeline _pipeline;
    private readonly ConcurrencyLimiter _places;

    public ChatModel(ChatModelOptions options, TimeProvider time, ILogger logger)
    {
        (_options, _time) = (options, time);
        bool isAzure = options.Provider == ChatProvider.AzureOpenAI;
#pragma warning disable OPENAI001 // See OpenAIConnection.
        _client = new ChatClient(
            options.Model,
            OpenAIConnection.Authentication(options.ApiKey, isAzure),
            OpenAIConnection.Options(options.Endpoint!, isAzure, options.AttemptTimeout * 2)).AsIChatClient();
#pragma warning restore OPENAI001

        // Answers under way are counted by their places, to their end. The pipeline sees their beginnings only, and binds nobody to a turn.
        _pipeline = new ModelPipeline(
            new ModelPace(options.Model)
            {
                AttemptTimeout = options.AttemptTimeout,
                TotalTimeout = options.TotalTimeout,
                QueryTimeout = options.TotalTimeout,
                FirstPause = options.FirstPause,
                BreakDuration = options.BreakDuration,
                MaxRetries = MaxRetries,
            },
            time,
            logger);
        _places = new ConcurrencyLimiter(new ConcurrencyLimiterOptions { PermitLimit = options.ConcurrentRequests, QueueLimit = MostWaiting });
        Tokens = new TokenCounter(Tokenizers.Find(options.Tokenizer));
    }

    /// <summary>Counts the tokens of its prompts.</summary>
    public TokenCounter Tokens { get; }

    /// <summary>Most tokens of a prompt.</summary>
    public int MaxInputTokens => _options.MaxInputTokens;

    /// <summary>Most tokens of an answer.</summary>
    public int MaxOutputTokens => _options.MaxOutputTokens;

    /// <summary>Has it write, piece by piece. An update may hold the use of tokens instead of text.</summary>
    /// <exception cref="ModelException">It is away, takes no more now, or broke off.</exception>
    public async IAsyncEnumerable<ChatResponseUpdate> WriteAsync(
        IReadOnlyList<Microsoft.Extensions.AI.ChatMessage> prompt, int maxTokens, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        using CancellationTokenSource ending = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        using RateLimitLease place = await EnterAsync(cancellationToken);
        ChatOptions settings = new() { MaxOutputTokens = maxTokens };
        await using ChatStream stream = await _pipeline.RunAsync(
            Guid.Empty, EmbeddingUse.Query, tokens: 0, token => BeginAsync(prompt, settings, ending, token), cancellationToken);
        long started = _time.GetTimestamp();
        bool isFinished = false;
        for (bool isMore = stream.HasFirst; isMore; isMore = await NextAsync(stream, started, cancellationToken))
        {
            isFinished |= stream.Updates.Current.FinishReason is not null;
            yield return stream.Updates.Current;
        }

        // A connection that ends in good order may still be one that was cut.
        if (!isFinished)
        {
            throw Stalled();
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _places.Dispose();
        _pipeline.Dispose();
        _client.Dispose();
    }

    private async Task<RateLimitLease> EnterAsync(CancellationToken cancellationToken)
    {
        using CancellationTokenSource patience = new(_options.TotalTimeout, _time);
        using CancellationTokenSource either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, patience.Token);
        try
        {
            RateLimitLease lease = await _places.AcquireAsync(1, either.Token);
            return lease.IsAcquired ? lease : throw Busy();
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw Busy();
        }
    }

    private ModelException Busy() =>
        new(ModelFailure.Throttled, $"The model {_options.Model} had no place for the request in time.", _options.BreakDuration);

    private async Task<ChatStream> BeginAsync(
        IReadOnlyList<Microsoft.Extensions.AI.ChatMessage> prompt, ChatOptions settings, CancellationTokenSource ending, CancellationToken attempt)
    {
        // The attempt's token is good until its end only, and the stream goes on after it.
        CancellationTokenSource request = CancellationTokenSource.CreateLinkedTokenSource(ending.Token);
        IAsyncEnumerator<ChatResponseUpdate> updates = _client.GetStreamingResponseAsync(prompt, settings, request.Token).GetAsyncEnumerator(request.Token);
        ChatStream stream = new(updates, request);
        try
        {
            await using (attempt.Register(request.Cancel))
            {
                stream.HasFirst = await Guarded(updates.MoveNextAsync().AsTask(), attempt);
            }

            return stream;
        }
        catch
        {
            await stream.DisposeAsync();
            throw;
        }
    }

    private async Task<bool> NextAsync(ChatStream stream, long started, CancellationToken cancellationToken)
    {
        TimeSpan left = _options.TotalTimeout - _time.GetElapsedTime(started);
        TimeSpan patience = left < _options.AttemptTimeout ? left : _options.AttemptTimeout;
        if (patience <= TimeSpan.Zero)
        {
            throw Stalled();
        }

        using CancellationTokenSource stalled = new(patience, _time);
        await using (stalled.Token.Register(stream.Cancel))
        {
            try
            {
                return await Guarded(stream.Updates.MoveNextAsync().AsTask(), cancellationToken);
            }
            catch (ModelException) when (stalled.IsCancellationRequested)
            {
                throw Stalled();
            }
        }
    }

    private ModelException Stalled() =>
        new(ModelFailure.Transient, $"The model {_options.Model} stopped in the middle of an answer.");

    private async Task<bool> Guarded(Task<bool> next, CancellationToken cancellationToken)
    {
        try
        {
            return await next;
        }
        catch (ClientResultException exception)
        {
            throw EndpointFailures.Of(_options.Model, exception);
        }
        catch (Exception exception) when (exception is IOException or HttpRequestException or AuthenticationFailedException)
        {
            throw EndpointFailures.Unreachable(_options.Model, exception);
        }
        catch (OperationCanceledException exception) when (!cancellationToken.IsCancellationRequested)
        {
            throw EndpointFailures.Unreachable(_options.Model, exception);
        }
        catch (Exception exception) when (exception is not OperationCanceledException and not TimeoutRejectedException)
        {
            throw EndpointFailures.Unintelligible(_options.Model, exception.GetType());
        }
    }
}
