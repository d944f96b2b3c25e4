using System.Buffers;
using System.Diagnostics;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Freehold.Answers;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Mvc;

namespace Freehold.Functions.Http;

/// <summary>
/// An answer as it is written, in server-sent events: <c>sources</c>, any number of <c>delta</c>, then <c>done</c> or <c>error</c>. When the
/// caller goes or the host stops, nothing more is written, by the model either.
/// </summary>
internal sealed class AnswerStream : IActionResult, IAsyncDisposable
{
    private readonly CancellationTokenSource _ending;
    private readonly IAsyncEnumerator<AnswerEvent> _events;
    private readonly long _started;
    private bool _isMore;

    public AnswerStream(
        Func<CancellationToken, IAsyncEnumerable<AnswerEvent>> answer, long started, CancellationToken aborted, CancellationToken stopping)
    {
        _started = started;
        _ending = CancellationTokenSource.CreateLinkedTokenSource(aborted, stopping);
        _events = answer(_ending.Token).GetAsyncEnumerator(_ending.Token);
    }

    /// <summary>Waits for the first event.</summary>
    public async Task BeginAsync() => _isMore = await _events.MoveNextAsync();

    public async Task ExecuteResultAsync(ActionContext context)
    {
        await using AnswerStream self = this;
        HttpResponse response = context.HttpContext.Response;
        response.StatusCode = StatusCodes.Status200OK;
        response.ContentType = "text/event-stream";
        response.Headers.CacheControl = "no-store";
        context.HttpContext.Features.Get<IHttpResponseBodyFeature>()?.DisableBuffering();
        try
        {
            for (; _isMore; _isMore = await _events.MoveNextAsync())
            {
                await WriteAsync(response, Event(_events.Current));
            }
        }
        catch (OperationCanceledException) when (_ending.IsCancellationRequested)
        {
            // The caller has gone, or the host stops.
        }
        catch (Exception exception) when (Problems.Describe(exception, context.HttpContext.Request) is { } problem)
        {
            await WriteAsync(response, Event("error", problem, ApiJson.Readable.ProblemView));
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _ending.CancelAsync();
        await _events.DisposeAsync();
        _ending.Dispose();
    }

    private string Event(AnswerEvent happened) => happened switch
    {
        SourcesFound found => Event("sources", new SourcesView(found.Sources), ApiJson.Readable.SourcesView),
        AnswerPart part => Event("delta", new DeltaView(part.Text), ApiJson.Readable.DeltaView),
        AnswerReady ready => Event(
            "done", AskAnswer.Of(ready.Answer, Stopwatch.GetElapsedTime(_started).TotalMilliseconds), ApiJson.Readable.AskAnswer),
        _ => throw new InvalidOperationException("Unknown event."),
    };

    // JSON has no line break in it, so the data is one line.
    private static string Event<T>(string name, T data, JsonTypeInfo<T> type) => $"event: {name}\ndata: {JsonSerializer.Serialize(data, type)}\n\n";

    private async Task WriteAsync(HttpResponse response, string text)
    {
        response.BodyWriter.Write(Encoding.UTF8.GetBytes(text));
        await response.BodyWriter.FlushAsync(_ending.Token);
    }
}
