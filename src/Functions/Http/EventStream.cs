using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Json;
using Freehold.Ingestion;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Mvc;

namespace Freehold.Functions.Http;

/// <summary>
/// Server-sent events (https://html.spec.whatwg.org/multipage/server-sent-events.html) of a tenant's documents. It ends when the caller
/// goes, the host stops, the key no longer opens the tenant, a server is away, or after a quarter of an hour; a client then connects
/// again, and says where it was.
/// </summary>
internal sealed class EventStream(
    FollowDocuments following,
    Guid tenantUid,
    long? after,
    IDisposable place,
    Func<CancellationToken, Task> checkKey,
    TimeProvider time,
    CancellationToken stopping) : IActionResult
{
    private static readonly TimeSpan Longest = TimeSpan.FromMinutes(15);
    private static readonly TimeSpan Heartbeat = TimeSpan.FromSeconds(15);
    private static readonly TimeSpan KeyCheckPause = TimeSpan.FromSeconds(5);

    public async Task ExecuteResultAsync(ActionContext context)
    {
        using IDisposable entered = place;
        HttpResponse response = context.HttpContext.Response;
        response.StatusCode = StatusCodes.Status200OK;
        response.ContentType = "text/event-stream";
        response.Headers.CacheControl = "no-store";
        context.HttpContext.Features.Get<IHttpResponseBodyFeature>()?.DisableBuffering();
        using CancellationTokenSource ending = CancellationTokenSource.CreateLinkedTokenSource(context.HttpContext.RequestAborted, stopping);
        try
        {
            await WriteAsync(response, ": a comment every 15 seconds shows that the stream is alive\n\n", ending.Token);
            await TellAsync(response, ending.Token);
        }
        catch (OperationCanceledException) when (ending.IsCancellationRequested)
        {
            // The caller has gone, or the host stops.
        }
        catch (Exception exception) when (Problems.IsOne(exception, context.HttpContext.Request))
        {
            // The answer has begun: its end is all that can be told. Connecting again tells why.
        }
    }

    private async Task TellAsync(HttpResponse response, CancellationToken cancellationToken)
    {
        long started = time.GetTimestamp();
        long written = started;
        long keyChecked = started;
        await foreach (IReadOnlyList<DocumentChange>? changes in following.RunAsync(tenantUid, after, cancellationToken))
        {
            if (time.GetElapsedTime(keyChecked) >= KeyCheckPause)
            {
                await checkKey(cancellationToken);
                keyChecked = time.GetTimestamp();
            }

            string text = changes is null ? "event: reset\ndata: {}\n\n" : string.Concat(changes.Select(Event));
            if (text.Length > 0 || time.GetElapsedTime(written) >= Heartbeat)
            {
                await WriteAsync(response, text.Length > 0 ? text : ":\n\n", cancellationToken);
                written = time.GetTimestamp();
            }

            if (time.GetElapsedTime(started) >= Longest)
            {
                return;
            }
        }
    }

    // JSON has no line break in it, so the data is one line.
    private static string Event(DocumentChange change) => change.Document is { } document
        ? Event(change.At, "document", JsonSerializer.Serialize(document, ApiJson.Readable.DocumentStatus))
        : Event(change.At, "removed", JsonSerializer.Serialize(new RemovedView(change.Path), ApiJson.Readable.RemovedView));

    private static string Event(long id, string name, string data) =>
        string.Create(CultureInfo.InvariantCulture, $"id: {id}\nevent: {name}\ndata: {data}\n\n");

    private static async Task WriteAsync(HttpResponse response, string text, CancellationToken cancellationToken)
    {
        response.BodyWriter.Write(Encoding.UTF8.GetBytes(text));
        await response.BodyWriter.FlushAsync(cancellationToken);
    }
}
