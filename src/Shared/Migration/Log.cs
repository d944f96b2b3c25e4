using Microsoft.Extensions.Logging;

namespace Freehold.Migration;

internal static partial class Log
{
    [LoggerMessage(3000, LogLevel.Warning, "The control database or the work store cannot be reached or migrated; trying again.")]
    public static partial void CatalogUnavailable(ILogger logger, Exception exception);
}
