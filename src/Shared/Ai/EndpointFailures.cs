using System.ClientModel;
using System.ClientModel.Primitives;
using System.Globalization;

namespace Freehold.Ai;

/// <summary>What an endpoint's refusals mean. Its own words are left behind, since they may repeat the text that was sent.</summary>
internal static class EndpointFailures
{
    // Keys and deployments are not put right within seconds.
    private static readonly TimeSpan OperatorPause = TimeSpan.FromMinutes(5);
    private static readonly TimeSpan LongestPause = TimeSpan.FromHours(1);

    public static ModelException Of(string model, ClientResultException exception)
    {
        PipelineResponse? response = exception.GetRawResponse();
        TimeSpan? retryAfter = response is null ? null : RetryAfter(response.Headers);
        string said = $"The model {model} answered with status {exception.Status}.";
        return exception.Status switch
        {
            0 => Unreachable(model, exception.InnerException),
            401 or 403 => new(ModelFailure.Transient, $"{said} Check the key, or the role of the identity.", OperatorPause) { NeedsOperator = true },
            404 => new(ModelFailure.Transient, $"{said} Check Endpoint and the name of the model there.", OperatorPause) { NeedsOperator = true },
            429 => new(ModelFailure.Throttled, said, retryAfter),
            408 or 425 or >= 500 => new(ModelFailure.Transient, said, retryAfter),
            _ => new(ModelFailure.Permanent, said),
        };
    }

    public static ModelException Unreachable(string model, Exception? exception) =>
        new(ModelFailure.Transient, $"The model {model} could not be reached, or the connection was cut.", innerException: exception);

    public static ModelException Unintelligible(string model, Type stumbledOver) =>
        new(ModelFailure.Permanent, $"The model {model} answered something else than it was asked for ({stumbledOver.Name}). Check Endpoint.") { NeedsOperator = true };

    private static TimeSpan? RetryAfter(PipelineResponseHeaders headers)
    {
        TimeSpan? pause = null;
        if (headers.TryGetValue("retry-after-ms", out string? text) && TryParse(text, out double milliseconds))
        {
            pause = TimeSpan.FromMilliseconds(milliseconds);
        }
        else if (headers.TryGetValue("Retry-After", out text))
        {
            pause = TryParse(text, out double seconds) ? TimeSpan.FromSeconds(seconds)
                : Date(text) is { } until && headers.TryGetValue("Date", out string? now) && Date(now) is { } then ? until - then
                : null;
        }

        return pause is null || pause <= TimeSpan.Zero ? null : pause < LongestPause ? pause : LongestPause;
    }

    private static bool TryParse(string? text, out double value) =>
        double.TryParse(text, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out value) && value < LongestPause.TotalMilliseconds;

    // Both dates are the endpoint's, so clocks need not agree.
    private static DateTimeOffset? Date(string? text) =>
        DateTimeOffset.TryParseExact(text, "r", CultureInfo.InvariantCulture, DateTimeStyles.None, out DateTimeOffset date) ? date : null;
}
