using Microsoft.Extensions.Logging;

namespace Freehold.Functions;

internal static partial class Log
{
    [LoggerMessage(1, LogLevel.Warning, "A request was answered with 503: {Problem}.")]
    public static partial void Unavailable(ILogger logger, string problem, Exception exception);
}
