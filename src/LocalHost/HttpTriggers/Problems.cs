using Microsoft.AspNetCore.Http;

namespace Freehold.LocalHost.HttpTriggers;

/// <summary>The host's own answers for what functions leave unanswered: RFC 9457, without details.</summary>
internal static class Problems
{
    private const string RetryAfterSeconds = "5";

    public static async Task WriteAsync(HttpContext http, int status, string title)
    {
        if (http.Response.HasStarted)
        {
            // Half an answer must not look like a whole one.
            http.Abort();
            return;
        }

        http.Response.Clear();
        if (status == StatusCodes.Status503ServiceUnavailable)
        {
            http.Response.Headers.RetryAfter = RetryAfterSeconds;
        }

        await TypedResults.Problem(statusCode: status, title: title).ExecuteAsync(http);
    }
}
