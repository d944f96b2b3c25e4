using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Freehold.Tenants;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace Freehold.Functions.Http;

/// <summary>Reads what callers send, and refuses what cannot be meant.</summary>
internal static class Input
{
    private const long MostJsonBytes = 256 * 1024;
    private const int MostListed = 1_000;
    private const int ListedByDefault = 100;
    private const int LongestWaitSeconds = 60;

    /// <summary>The Authorization header.</summary>
    public static string? Authorization(this HttpRequest request) => request.Headers.Authorization;

    /// <summary>The Idempotency-Key header, or null.</summary>
    public static string? IdempotencyKey(this HttpRequest request) => request.Headers["Idempotency-Key"].FirstOrDefault();

    /// <summary>Lets a body have this many bytes; one more is refused while it comes in.</summary>
    public static void LimitBody(this HttpRequest request, long bytes)
    {
        if (request.HttpContext.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } feature)
        {
            feature.MaxRequestBodySize = bytes;
        }
    }

    /// <summary>The body, in JSON; of 256 KiB at most where nothing else is said.</summary>
    public static async Task<T> JsonAsync<T>(
        this HttpRequest request, JsonTypeInfo<T> type, CancellationToken cancellationToken, long mostBytes = MostJsonBytes)
        where T : class
    {
        request.LimitBody(mostBytes);
        try
        {
            return await JsonSerializer.DeserializeAsync(request.Body, type, cancellationToken)
                ?? throw new InvalidInputException("malformed-json", "The body is a JSON object.");
        }
        catch (JsonException exception)
        {
            string where = exception.Path is { Length: > 0 } path ? $" at {path}" : string.Empty;
            throw new InvalidInputException("malformed-json", $"The body is not the JSON object that this call takes: see it{where}.");
        }
        catch (InvalidOperationException)
        {
            // What the serializer makes of half a surrogate pair.
            throw new InvalidInputException("malformed-json", "The body holds a string that is not valid Unicode.");
        }
    }

    /// <summary><c>?limit</c>, 1 to 1,000, 100 by default.</summary>
    public static int Limit(this HttpRequest request) => request.Number("limit", 1, MostListed) ?? ListedByDefault;

    /// <summary><c>?wait</c>: how long to wait for an operation, in seconds up to 60; by default not at all.</summary>
    public static TimeSpan Wait(this HttpRequest request) => TimeSpan.FromSeconds(request.Number("wait", 0, LongestWaitSeconds) ?? 0);

    /// <summary>The Last-Event-ID header: the event after which a stream goes on, or null.</summary>
    public static long? LastEventId(this HttpRequest request)
    {
        string? text = request.Headers["Last-Event-ID"];
        if (string.IsNullOrEmpty(text))
        {
            return null;
        }

        return text.Length <= 17 && long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out long id)
            ? id
            : throw new InvalidInputException("invalid-event-id", "'Last-Event-ID' is not the id of an event that a stream here has sent.");
    }

    /// <summary>Whether a flag in the query string is set.</summary>
    public static bool Flag(this HttpRequest request, string name) => request.Text(name) switch
    {
        null or "false" => false,
        "true" => true,
        _ => throw new InvalidInputException("invalid-" + name, $"'{name}' is true or false."),
    };

    /// <summary>A moment in the query string, in ISO 8601, or null where there is none. Without an offset it is UTC.</summary>
    public static DateTimeOffset? Moment(this HttpRequest request, string name)
    {
        string? text = request.Query[name];
        if (string.IsNullOrEmpty(text))
        {
            return null;
        }

        return DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out DateTimeOffset moment)
            ? moment
            : throw new InvalidInputException("invalid-" + name, $"'{name}' is a moment such as 2027-01-31T12:00:00Z.");
    }

    /// <summary>A whole number in the query string, or null where there is none.</summary>
    public static int? Number(this HttpRequest request, string name, int least, int most)
    {
        string? text = request.Query[name];
        if (string.IsNullOrEmpty(text))
        {
            return null;
        }

        return int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int number) && number >= least && number <= most
            ? number
            : throw new InvalidInputException("invalid-" + name, $"'{name}' is a whole number from {least} to {most}.");
    }

    /// <summary>A day in the query string, or null where there is none.</summary>
    public static DateOnly? Day(this HttpRequest request, string name)
    {
        string? text = request.Query[name];
        if (string.IsNullOrEmpty(text))
        {
            return null;
        }

        return DateOnly.TryParseExact(text, "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out DateOnly day)
            ? day
            : throw new InvalidInputException("invalid-period", $"'{name}' is a day: yyyy-MM-dd.");
    }

    /// <summary><c>?cursor</c>: the name after which a list goes on, or null at its beginning.</summary>
    public static string? Cursor(this HttpRequest request)
    {
        string? cursor = request.Query["cursor"];
        if (string.IsNullOrEmpty(cursor))
        {
            return null;
        }

        try
        {
            return Encoding.UTF8.GetString(System.Buffers.Text.Base64Url.DecodeFromChars(cursor));
        }
        catch (FormatException)
        {
            throw NoCursor();
        }
    }

    /// <summary><c>?cursor</c> of a list whose entries have ids.</summary>
    public static Guid? CursorId(this HttpRequest request) => request.Cursor() is { } text
        ? Guid.TryParse(text, out Guid id) ? id : throw NoCursor()
        : null;

    /// <summary><c>?cursor</c> of a list whose entries have numbers.</summary>
    public static long? CursorNumber(this HttpRequest request) => request.Cursor() is { } text
        ? long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out long number) ? number : throw NoCursor()
        : null;

    /// <summary>The cursor after a full page; null after the last.</summary>
    public static string? CursorAfter<T>(IReadOnlyList<T> page, int limit, Func<T, string> name) =>
        page.Count < limit ? null : System.Buffers.Text.Base64Url.EncodeToString(Encoding.UTF8.GetBytes(name(page[^1])));

    /// <summary>A text in the query string, or null where there is none.</summary>
    public static string? Text(this HttpRequest request, string name) => request.Query[name] is [{ Length: > 0 } text, ..] ? text : null;

    /// <summary><c>?tenant</c>, or null where there is none.</summary>
    public static TenantId? Tenant(this HttpRequest request) => request.Text("tenant") is { } text ? TenantId.Parse(text) : null;

    /// <summary>An id in a route; what is none names nothing, so the caller gets the refusal for that.</summary>
    public static Guid Id(string text, Func<RefusalException> notFound) => Guid.TryParse(text, out Guid id) ? id : throw notFound();

    private static InvalidInputException NoCursor() => new("invalid-cursor", "The cursor is not one that a list here has given.");
}
