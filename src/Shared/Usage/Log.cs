using Microsoft.Extensions.Logging;

namespace Freehold.Usage;

internal static partial class Log
{
    [LoggerMessage(7000, LogLevel.Warning, "What tenants used could not be written down; it is kept and tried again.")]
    public static partial void FlushFailed(ILogger logger, Exception exception);

    [LoggerMessage(7001, LogLevel.Error, "The host stops with {Entries} counts of tenants' use that the catalog did not confirm.")]
    public static partial void CountsLost(ILogger logger, int entries);
}
