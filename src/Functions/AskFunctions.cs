using System.Diagnostics;
using Freehold.Answers;
using Freehold.Functions.Http;
using Freehold.Tenants;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Mvc;
using Microsoft.Extensions.Hosting;

namespace Freehold.Functions;

/// <summary>A tenant's questions.</summary>
public sealed class AskFunctions(KeyCheck keys, AnswerQuestion answerQuestion, IHostApplicationLifetime lifetime)
{
    /// <summary><c>POST /tenants/{tenant}/ask</c></summary>
    [Function("Ask")]
    public Task<IActionResult> AskAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "post", Route = "tenants/{tenant}/ask")] HttpRequest request,
        string tenant,
        CancellationToken cancellationToken) =>
        Problems.GuardAsync(request, async () =>
        {
            long started = Stopwatch.GetTimestamp();
            TenantPlacement placement = await keys.RequireTenantAsync(request.Authorization(), tenant, Scopes.Ask, cancellationToken);
            AskRequest ask = await request.JsonAsync(ApiJson.Readable.AskRequest, cancellationToken);
            if (request.Headers.Accept.ToString().Contains("text/event-stream", StringComparison.OrdinalIgnoreCase))
            {
                return await StreamAsync(request, placement, ask, started);
            }

            using CancellationTokenSource ending = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, request.HttpContext.RequestAborted);
            Answer? answer = null;
            await foreach (AnswerEvent happened in answerQuestion.RunAsync(placement, ask, ending.Token))
            {
                answer = (happened as AnswerReady)?.Answer ?? answer;
            }

            return new JsonAnswer<AskAnswer>(
                StatusCodes.Status200OK,
                AskAnswer.Of(answer!, Stopwatch.GetElapsedTime(started).TotalMilliseconds),
                ApiJson.Readable.AskAnswer);
        });

    private async Task<IActionResult> StreamAsync(HttpRequest request, TenantPlacement placement, AskRequest ask, long started)
    {
        AnswerStream stream = new(
            token => answerQuestion.RunAsync(placement, ask, token), started, request.HttpContext.RequestAborted, lifetime.ApplicationStopping);
        try
        {
            // What is refused before the first event is an answer like any other.
            await stream.BeginAsync();
            return stream;
        }
        catch
        {
            await stream.DisposeAsync();
            throw;
        }
    }
}
