using Freehold.LocalHost.Invocation;
using Freehold.LocalHost.QueueTriggers;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Mvc.Abstractions;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Logging;

namespace Freehold.LocalHost.HttpTriggers;

/// <summary>Serves one HTTP function: runs it, sends its messages, and only then answers.</summary>
internal sealed class HttpFunctionHandler(
    Function function, QueueSender sender, HostStop stop, TimeProvider time, ILogger<HttpFunctionHandler> logger)
{
    private static readonly ActionDescriptor NoDescriptor = new();

    public async Task ServeAsync(HttpContext http)
    {
        try
        {
            await RunAsync(http);
        }
        catch (OperationCanceledException) when (http.RequestAborted.IsCancellationRequested)
        {
            // The caller has gone: nobody is left to be answered.
        }
        catch (OperationCanceledException) when (stop.Cancelling.IsCancellationRequested)
        {
            await Problems.WriteAsync(http, StatusCodes.Status503ServiceUnavailable, "The host is stopping");
        }
        catch (Exception exception)
        {
            Log.HttpFunctionFailed(logger, exception, function.Name);
            await Problems.WriteAsync(http, StatusCodes.Status500InternalServerError, "The request failed");
        }
    }

    private async Task RunAsync(HttpContext http)
    {
        using var cancelling = CancellationTokenSource.CreateLinkedTokenSource(http.RequestAborted, stop.Cancelling);
        var context = new InvocationContext(http.RequestServices, time, cancelling.Token);
        object? result = await function.InvokeAsync(context, http.Request, http.Request.RouteValues);
        if (!await SendAsync(result))
        {
            await Problems.WriteAsync(http, StatusCodes.Status503ServiceUnavailable, "A queue is not reachable");
            return;
        }

        if (result is not null && function.Outputs.HttpResult?.Invoke(result) is IActionResult answer)
        {
            await answer.ExecuteResultAsync(new ActionContext(http, http.GetRouteData(), NoDescriptor));
        }
    }

    /// <summary>Sends even when the caller has gone: what the messages speak of is done.</summary>
    private async Task<bool> SendAsync(object? result)
    {
        try
        {
            await sender.SendAsync(function.Outputs, result, stop.Cancelling);
            return true;
        }
        catch (Exception exception) when (!stop.Cancelling.IsCancellationRequested)
        {
            Log.SendingFailed(logger, exception, function.Name);
            return false;
        }
    }
}
