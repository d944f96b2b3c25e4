using System.Globalization;
using System.Net.Sockets;
using System.Text.Json;
using Azure;
using Freehold.Ingestion;
using Freehold.Neon;
using Freehold.Postgres;
using Freehold.Tenants;
using Freehold.Usage;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Mvc;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace Freehold.Functions.Http;

/// <summary>
/// Turns what goes wrong in an HTTP function into an RFC 9457 problem. Other triggers let exceptions out, or their host would take
/// the message for done.
/// </summary>
internal static class Problems
{
    private const string TypePrefix = "https://freehold.dev/problems/";
    private const string RetryAfterSeconds = "5";

    /// <summary>Answers with what <paramref name="answer"/> gives, or with the problem that it met.</summary>
    public static async Task<IActionResult> GuardAsync(HttpRequest request, Func<Task<IActionResult>> answer)
    {
        try
        {
            RequestPath.RefuseDotSegments(request);
            return await answer();
        }
        catch (Exception exception) when (Describe(exception, request) is { } problem)
        {
            if (problem.Status == StatusCodes.Status503ServiceUnavailable)
            {
                ILoggerFactory loggers = request.HttpContext.RequestServices.GetRequiredService<ILoggerFactory>();
                Log.Unavailable(loggers.CreateLogger(typeof(Problems)), problem.Type, exception);
            }

            return new ProblemAnswer(problem);
        }
    }

    /// <summary>Whether an exception is something that a caller is told about, rather than this program's fault.</summary>
    public static bool IsOne(Exception exception, HttpRequest request) => Describe(exception, request) is not null;

    /// <summary>The problem of an exception that a caller is told about; null for one that is this program's fault.</summary>
    public static ProblemView? Describe(Exception exception, HttpRequest request) => exception switch
    {
        RefusalException refusal => Describe(refusal),
        BadHttpRequestException { StatusCode: StatusCodes.Status413PayloadTooLarge } => Make(
            StatusCodes.Status413PayloadTooLarge, "request-too-large", "The request's body is larger than this call takes."),
        BadHttpRequestException => Make(StatusCodes.Status400BadRequest, "malformed-request", "The request was not complete or not HTTP."),
        PostgresException { SqlState: PostgresErrorCodes.CharacterNotInRepertoire or PostgresErrorCodes.UntranslatableCharacter } =>
            Make(StatusCodes.Status400BadRequest, "invalid-text", "The request holds a character that cannot be stored, such as U+0000."),
        NpgsqlException database when IsAway(database) => Describe(new ServerUnavailableException("The database", exception)),
        NeonException { IsTransient: true } => Describe(new ServerUnavailableException("Neon", exception)),
        SocketException or TimeoutException => Describe(new ServerUnavailableException("The database", exception)),
        RequestFailedException or AggregateException { InnerException: RequestFailedException } =>
            Describe(new ServerUnavailableException("Blob storage", exception)),
        OperationCanceledException when request.HttpContext.RequestAborted.IsCancellationRequested =>
            Make(StatusCodes.Status499ClientClosedRequest, "request-aborted", "The caller went away."),
        _ => null,
    };

    /// <summary>Whether the server is away or not ready yet. Anything else that it says is this program's fault, and no reason to try again.</summary>
    private static bool IsAway(NpgsqlException exception) => exception is not PostgresException postgres
        || postgres.IsTransient
        || postgres.SqlState[..2] is "08" or "53" or "57"
        || postgres.SqlState is PostgresErrorCodes.InvalidCatalogName or PostgresErrorCodes.UndefinedTable or PostgresErrorCodes.InvalidSchemaName;

    private static ProblemView Describe(RefusalException refusal)
    {
        ProblemView problem = Make(Status(refusal.Kind), refusal.Problem, refusal.Message);
        return refusal switch
        {
            DocumentTooLargeException large => problem with { Limit = large.Limit, Used = large.Used },
            LimitRefusalException limit => problem with
            {
                Limit = limit.Limit,
                Used = limit.Used,
                Quota = limit.Quota,
                RetryAfter = limit.RetryAfter,
                ResetsAt = limit.ResetsAt,
            },
            DatabaseOverQuotaException stopped => problem with { ResetsAt = stopped.ResetsAt },
            RegionNotOpenException notOpen => problem with { Regions = notOpen.Open },
            MisdirectedRegionException misdirected => problem with { Region = misdirected.Region, Address = misdirected.Address },
            TenantNotReadyException notReady => problem with { State = notReady.State.ToName() },
            _ => problem,
        };
    }

    private static ProblemView Make(int status, string problem, string detail) =>
        new(TypePrefix + problem, problem.Replace('-', ' '), status, detail);

    private static int Status(RefusalKind kind) => kind switch
    {
        RefusalKind.Invalid => StatusCodes.Status400BadRequest,
        RefusalKind.Unauthenticated => StatusCodes.Status401Unauthorized,
        RefusalKind.PaymentRequired => StatusCodes.Status402PaymentRequired,
        RefusalKind.Forbidden => StatusCodes.Status403Forbidden,
        RefusalKind.NotFound => StatusCodes.Status404NotFound,
        RefusalKind.Conflict => StatusCodes.Status409Conflict,
        RefusalKind.PreconditionFailed => StatusCodes.Status412PreconditionFailed,
        RefusalKind.TooLarge => StatusCodes.Status413PayloadTooLarge,
        RefusalKind.UnsupportedMedia => StatusCodes.Status415UnsupportedMediaType,
        RefusalKind.Misdirected => StatusCodes.Status421MisdirectedRequest,
        RefusalKind.Impossible => StatusCodes.Status422UnprocessableEntity,
        RefusalKind.TooManyRequests => StatusCodes.Status429TooManyRequests,
        _ => StatusCodes.Status503ServiceUnavailable,
    };

    private sealed class ProblemAnswer(ProblemView problem) : IActionResult
    {
        public async Task ExecuteResultAsync(ActionContext context)
        {
            HttpResponse response = context.HttpContext.Response;
            response.StatusCode = problem.Status;
            response.ContentType = "application/problem+json";
            if (problem.Status == StatusCodes.Status401Unauthorized)
            {
                response.Headers.WWWAuthenticate = "Bearer";
            }

            if (problem.Status == StatusCodes.Status503ServiceUnavailable)
            {
                response.Headers.RetryAfter = RetryAfterSeconds;
            }
            else if (problem.RetryAfter is { } wait)
            {
                response.Headers.RetryAfter = Math.Ceiling(wait.TotalSeconds).ToString(CultureInfo.InvariantCulture);
            }

            await response.Body.WriteAsync(
                JsonSerializer.SerializeToUtf8Bytes(problem, ApiJson.Readable.ProblemView), context.HttpContext.RequestAborted);
        }
    }
}
