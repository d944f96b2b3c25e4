using System.Text;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Mvc;

namespace Freehold.Functions.Http;

/// <summary>A text of any length, sent piece by piece. When the pieces break off, so does the answer.</summary>
internal sealed class TextAnswer(string etag, IAsyncEnumerable<string> pieces) : IActionResult
{
    public async Task ExecuteResultAsync(ActionContext context)
    {
        HttpResponse response = context.HttpContext.Response;
        CancellationToken aborted = context.HttpContext.RequestAborted;
        response.StatusCode = StatusCodes.Status200OK;
        response.ContentType = "text/plain; charset=utf-8";
        response.Headers.ETag = $"\"{etag}\"";
        response.Headers.XContentTypeOptions = "nosniff";
        await foreach (string piece in pieces.WithCancellation(aborted))
        {
            Encoding.UTF8.GetBytes(piece, response.BodyWriter);
            await response.BodyWriter.FlushAsync(aborted);
        }
    }
}
