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

    /// <summary>The body, in JSON.</summary>
    public static async Task<T> JsonAsync<T>(this HttpRequest request, JsonTypeInfo<T> type, CancellationToken cancellationToken)
        where T : class
    {
        request.LimitBody(MostJsonBytes);
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
            throw new InvalidInputException("invalid-cursor", "The cursor is not one that a list here has given.");
        }
    }

    /// <summary>The cursor after a full page; null after the last.</summary>
    public static string? CursorAfter<T>(IReadOnlyList<T> page, int limit, Func<T, string> name) =>
        page.Count < limit ? null : System.Buffers.Text.Base64Url.EncodeToString(Encoding.UTF8.GetBytes(name(page[^1])));

    /// <summary>An id in a route; what is none names nothing, so the caller gets the refusal for that.</summary>
    public static Guid Id(string text, Func<RefusalException> notFound) => Guid.TryParse(text, out Guid id) ? id : throw notFound();
}
