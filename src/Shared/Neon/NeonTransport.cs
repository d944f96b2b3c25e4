using System.Net;
using System.Net.Http.Headers;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace Freehold.Neon;

/// <summary>One attempt at a request: what is sent, and what the answer means.</summary>
internal sealed class NeonTransport(HttpClient http, NeonOptions options, TimeProvider time)
{
    private static readonly TimeSpan LongestPause = TimeSpan.FromHours(1);

    private readonly string _address = options.ApiAddress.AbsoluteUri.TrimEnd('/');

    /// <summary>Sends it once.</summary>
    public async Task<T> SendAsync<T>(NeonRequest request, JsonTypeInfo<T> answer, CancellationToken cancellationToken)
        where T : class
    {
        // Of our own, so that it can be named even when no answer comes.
        request.LastId = Guid.CreateVersion7(time.GetUtcNow()).ToString();
        using HttpRequestMessage message = new(request.Method, $"{_address}/{request.Path}");
        message.Headers.Authorization = new AuthenticationHeaderValue("Bearer", options.ApiKey);
        message.Headers.Accept.Add(new MediaTypeWithQualityHeaderValue("application/json"));
        message.Headers.Add("X-Request-ID", request.LastId);
        if (request.Body is { } body)
        {
            message.Content = new ByteArrayContent(body) { Headers = { ContentType = new MediaTypeHeaderValue("application/json") } };
        }

        try
        {
            using HttpResponseMessage response = await http.SendAsync(message, cancellationToken);
            byte[] content = await response.Content.ReadAsByteArrayAsync(cancellationToken);
            return !response.IsSuccessStatusCode ? throw Refused(request, response, content)
                : JsonSerializer.Deserialize(content, answer) ?? throw new JsonException("null");
        }
        catch (Exception exception) when (exception is HttpRequestException or IOException)
        {
            bool wasSent = !(exception is HttpRequestException
            {
                HttpRequestError: HttpRequestError.ConnectionError or HttpRequestError.NameResolutionError or HttpRequestError.SecureConnectionError
                    or HttpRequestError.ProxyTunnelError,
            });
            throw new NeonException($"Neon could not be reached for {request}, or the connection was cut (request {request.LastId}).", exception)
            {
                RequestId = request.LastId,
                IsTransient = true,
                IsAmbiguous = wasSent && !request.OnlyReads,
            };
        }
        catch (JsonException exception)
        {
            // Its words may hold what it stumbled over.
            throw new NeonException(
                $"Neon answered {request} with something else than was expected, at {exception.Path ?? "the beginning"} (request {request.LastId}).")
            {
                RequestId = request.LastId,
                Status = HttpStatusCode.OK,
                IsAmbiguous = !request.OnlyReads,
            };
        }
    }

    private NeonException Refused(NeonRequest request, HttpResponseMessage response, byte[] content)
    {
        int status = (int)response.StatusCode;
        NeonError error = Read(content);
        string? id = error.RequestId ?? request.LastId;
        string said = string.IsNullOrWhiteSpace(error.Message) ? string.Empty : $": {error.Message.Trim()}";
        string code = string.IsNullOrEmpty(error.Code) ? string.Empty : $" {error.Code}";
        return new NeonException($"Neon answered {request} with status {status}{code}{said} (request {id}).")
        {
            Status = response.StatusCode,
            Code = error.Code ?? string.Empty,
            RequestId = id,
            RetryAfter = RetryAfter(response.Headers),
            IsTransient = status is 408 or 423 or 429 or >= 500 || (status == 422 && IsNotReadyYet(error)),
            IsAmbiguous = status is 408 or (>= 500 and not 503) && !request.OnlyReads,
        };
    }

    // Of all that Neon refuses with that status, the one thing that passes; it has no code.
    private static bool IsNotReadyYet(NeonError error) => error.Message?.Contains("branch not ready yet", StringComparison.OrdinalIgnoreCase) == true;

    private static NeonError Read(byte[] content)
    {
        try
        {
            return JsonSerializer.Deserialize(content, NeonJson.Default.NeonError) ?? new NeonError();
        }
        catch (JsonException)
        {
            // A proxy on the way said it, in words of its own.
            return new NeonError();
        }
    }

    private TimeSpan? RetryAfter(HttpResponseHeaders headers)
    {
        // A date is compared with the answer's own, so that clocks need not agree.
        TimeSpan? pause = headers.RetryAfter?.Delta ?? headers.RetryAfter?.Date - (headers.Date ?? time.GetUtcNow());
        return pause is null || pause <= TimeSpan.Zero ? null : pause < LongestPause ? pause : LongestPause;
    }
}
