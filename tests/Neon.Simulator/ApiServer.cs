using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Freehold.Neon.Simulator;

/// <summary>The API over HTTP: key, rates and faults, in this order, before a call is looked at.</summary>
internal sealed class ApiServer : IAsyncDisposable
{
    private const string Prefix = "/api/v2/";

    private readonly WebApplication _app;
    private readonly Routes _routes;
    private readonly SimulatorOptions _options;
    private readonly List<SimulatedRequest> _requests = [];

    public ApiServer(Routes routes, SimulatorOptions options)
    {
        (_routes, _options) = (routes, options);
        Rates = new RequestRates(options.Time);
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.Logging.ClearProviders();
        _app = builder.Build();
        _app.Run(ServeAsync);
    }

    public Uri Address => new(new Uri(_app.Urls.First()), "/api/v2");

    public RequestRates Rates { get; }

    public FaultPlan Faults { get; } = new();

    public IReadOnlyList<SimulatedRequest> Requests
    {
        get
        {
            lock (_requests)
            {
                return [.. _requests];
            }
        }
    }

    public Task StartAsync() => _app.StartAsync();

    public async ValueTask DisposeAsync()
    {
        await _app.StopAsync(new CancellationToken(canceled: true));
        await _app.DisposeAsync();
    }

    private async Task ServeAsync(HttpContext context)
    {
        string method = context.Request.Method;
        string path = context.Request.Path.Value!;
        var route = path.StartsWith(Prefix, StringComparison.Ordinal) ? _routes.Find(method, path[Prefix.Length..]) : null;
        if (route is not var (template, values, answerer))
        {
            await WriteAsync(context, Answer.Error(404, "this path is not simulated"));
            return;
        }

        using StreamReader reader = new(context.Request.Body);
        string body = await reader.ReadToEndAsync();
        Fault? fault = null;
        Answer answer;
        if (context.Request.Headers.Authorization != $"Bearer {_options.ApiKey}")
        {
            answer = Answer.Error(401, "supplied credentials do not pass authentication");
        }
        else if (!Rates.Count($"{method} {template}"))
        {
            answer = Answer.Error(429, "too many requests").After(Rates.RetryAfter);
        }
        else
        {
            fault = Faults.Next(method, template);
            answer = await AnswerAsync(new Call(template, values, Query(context), null, fault), body, answerer);
        }

        lock (_requests)
        {
            _requests.Add(new SimulatedRequest(
                method,
                template,
                path + context.Request.QueryString,
                _options.KeepsBodies ? body : string.Empty,
                fault?.Kind,
                answer.Status,
                _options.KeepsBodies ? answer.Body.ToJsonString() : null,
                context.Request.Headers["X-Request-ID"],
                _options.Time.GetUtcNow()));
        }

        await SendAsync(context, answer, fault);
    }

    private static Func<string, string?> Query(HttpContext context) =>
        name => context.Request.Query.TryGetValue(name, out var value) ? value.ToString() : null;

    private async Task<Answer> AnswerAsync(Call call, string body, Func<Call, Task<Answer>> answerer)
    {
        if (Refusal(call.Fault) is { } refusal)
        {
            return refusal.After(call.Fault!.Delay, call.Fault.NamesDate ? _options.Time.GetUtcNow() : null);
        }

        if (call.Fault?.Kind == FaultKind.Late)
        {
            await Task.Delay(call.Fault.Delay ?? TimeSpan.FromSeconds(1), _options.Time);
        }

        try
        {
            Answer answer = await answerer(call with { Body = body.Length == 0 ? null : JsonNode.Parse(body) as JsonObject });
            if (call.Fault?.Kind == FaultKind.Unknown)
            {
                Strange(answer.Body);
            }

            return call.Fault?.Kind == FaultKind.ErrorAfter ? Answer.Error(call.Fault.Status, "simulated error") : answer;
        }
        catch (RefusedException exception)
        {
            return exception.Answer;
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException or FormatException)
        {
            return Answer.Error(400, "request body has an error: " + exception.Message);
        }
    }

    /// <summary>What is answered instead of the effect; null if there is one.</summary>
    private static Answer? Refusal(Fault? fault) => fault?.Kind switch
    {
        FaultKind.TooManyRequests => Answer.Error(429, "too many requests"),
        FaultKind.Locked => Projects.Locked().Answer,
        FaultKind.BranchNotReady => Answer.Error(422, "branch not ready yet"),
        FaultKind.Unauthorized => Answer.Error(401, "supplied credentials do not pass authentication"),
        FaultKind.ErrorBefore or FaultKind.CutBefore => Answer.Error(fault.Status, "simulated error"),
        _ => null,
    };

    private async Task SendAsync(HttpContext context, Answer answer, Fault? fault)
    {
        switch (fault?.Kind)
        {
            case FaultKind.CutBefore or FaultKind.CutAfter:
                context.Abort();
                return;
            case FaultKind.Slow:
                await Task.Delay(fault.Delay ?? TimeSpan.FromSeconds(1), _options.Time, context.RequestAborted);
                break;
        }

        await WriteAsync(context, answer);
    }

    private static async Task WriteAsync(HttpContext context, Answer answer)
    {
        context.Response.StatusCode = answer.Status;
        if (answer.RetryAfter is { } pause)
        {
            context.Response.Headers.RetryAfter = pause;
        }

        if (answer.Status >= 400 && context.Request.Headers["X-Request-ID"] is [var id])
        {
            answer.Body["request_id"] = id;
        }

        context.Response.ContentType = "application/json";
        await context.Response.WriteAsync(answer.Body.ToJsonString());
    }

    /// <summary>Puts a member into every object that nobody knows, and such values into those that have some.</summary>
    private static void Strange(JsonNode? node)
    {
        switch (node)
        {
            case JsonObject part:
                foreach ((string _, JsonNode? value) in part.ToArray())
                {
                    Strange(value);
                }

                foreach (string name in (string[])["action", "current_state", "provisioner"])
                {
                    if (part.ContainsKey(name))
                    {
                        part[name] = "unheard_of";
                    }
                }

                if ((string?)part["status"] is "scheduling" or "running")
                {
                    part["status"] = "unheard_of";
                }

                part["unheard_of"] = new JsonObject { ["why"] = null };
                break;
            case JsonArray list:
                foreach (JsonNode? value in list)
                {
                    Strange(value);
                }

                break;
        }
    }
}
