using Freehold.Functions.Tests.LocalHost.Fixtures;
using Freehold.LocalHost.Worker;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Mvc;

namespace Freehold.Functions.Tests.LocalHost;

#pragma warning disable CA1822 // Functions are instance methods.
internal sealed class HttpTestFunctions(Invocations invocations)
{
    [Function("GetDocument")]
    public IActionResult Get(
        [HttpTrigger(AuthorizationLevel.Anonymous, "get", Route = "tenants/{tenant}/documents/{*path}")] HttpRequest request,
        string tenant, string path) =>
        new TextResult($"{request.Method} {tenant} {path}");

    [Function("PutDocument")]
    public async Task<IActionResult> PutAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "put", Route = "tenants/{tenant}/documents/{*path}")] HttpRequest request,
        string path, string tenant, CancellationToken cancellationToken)
    {
        request.HttpContext.Features.Get<IHttpMaxRequestBodySizeFeature>()!.MaxRequestBodySize = 64 * 1024 * 1024;
        var content = new MemoryStream();
        await request.Body.CopyToAsync(content, cancellationToken);
        return new TextResult($"{content.Length}");
    }

    [Function("ByNumber")]
    public IActionResult ByNumber(
        [HttpTrigger(AuthorizationLevel.Anonymous, "get", Route = "numbers/{number:int}")] HttpRequest request, string number) =>
        new TextResult($"{request.Path} {number}");

    [Function("ByExpression")]
    public IActionResult ByExpression(
        [HttpTrigger(AuthorizationLevel.Anonymous, Route = "words/{word:regex(^[a-z]+$)}")] HttpRequest request, string word) =>
        new TextResult($"{request.Method} {word}");

    [Function("Unrouted")]
    public IActionResult Unrouted([HttpTrigger(AuthorizationLevel.Anonymous, "get")] HttpRequest request, FunctionContext context) =>
        new TextResult($"{Guid.TryParse(context.InvocationId, out _)} {context.InstanceServices == request.HttpContext.RequestServices}");

    [Function("Written")]
    public Task WriteAsync([HttpTrigger(AuthorizationLevel.Anonymous, "get")] HttpRequest request) =>
        request.HttpContext.Response.WriteAsync("by hand");

    [Function("Throws")]
    public IActionResult Throw([HttpTrigger(AuthorizationLevel.Anonymous, "get")] HttpRequest request) =>
        throw new InvalidOperationException($"secret of {request.Path}");

    [Function("ThrowsHalfway")]
    public async Task ThrowHalfwayAsync([HttpTrigger(AuthorizationLevel.Anonymous, "get")] HttpRequest request)
    {
        await request.HttpContext.Response.WriteAsync("half");
        await request.HttpContext.Response.Body.FlushAsync();
        throw new InvalidOperationException("halfway");
    }

    [Function("Waits")]
    public async Task WaitAsync([HttpTrigger(AuthorizationLevel.Anonymous, "get")] HttpRequest request, CancellationToken cancellationToken)
    {
        invocations.Add(request.Method);
        await Task.Delay(Timeout.InfiniteTimeSpan, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        invocations.Add("cancelled");
        cancellationToken.ThrowIfCancellationRequested();
    }
}

/// <summary>Text, with what else a test wants done while it is written.</summary>
internal sealed class TextResult(string text, Func<Task>? first = null) : IActionResult
{
    public async Task ExecuteResultAsync(ActionContext context)
    {
        await (first?.Invoke() ?? Task.CompletedTask);
        await context.HttpContext.Response.WriteAsync(text);
    }
}
