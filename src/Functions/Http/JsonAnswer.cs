using System.Diagnostics;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Mvc;

namespace Freehold.Functions.Http;

/// <summary>A JSON answer, written without MVC's formatters, which the two hosts do not both have.</summary>
internal sealed class JsonAnswer<T>(int status, T value, JsonTypeInfo<T> type) : IActionResult
{
    /// <summary>Location header, or none.</summary>
    public string? Location { get; init; }

    /// <summary>ETag header, or none.</summary>
    public string? ETag { get; init; }

    /// <summary>What becomes the Server-Timing header, with <c>json</c> for the writing of the body; or none.</summary>
    public ServerTiming? Timing { get; init; }

    public async Task ExecuteResultAsync(ActionContext context)
    {
        HttpResponse response = context.HttpContext.Response;
        long started = Stopwatch.GetTimestamp();
        byte[] body = JsonSerializer.SerializeToUtf8Bytes(value, type);
        if (Timing is not null)
        {
            response.Headers["Server-Timing"] = Timing.AddSince("json", started).ToString();
        }

        response.StatusCode = status;
        response.ContentType = "application/json; charset=utf-8";
        response.ContentLength = body.Length;
        if (Location is not null)
        {
            response.Headers.Location = Location;
        }

        if (ETag is not null)
        {
            response.Headers.ETag = ETag;
        }

        await response.Body.WriteAsync(body, context.HttpContext.RequestAborted);
    }
}

/// <summary>An answer that is a status alone.</summary>
internal sealed class EmptyAnswer(int status) : IActionResult
{
    public Task ExecuteResultAsync(ActionContext context)
    {
        context.HttpContext.Response.StatusCode = status;
        return Task.CompletedTask;
    }
}
