using Microsoft.Extensions.Logging;

namespace Freehold.Tenants;

internal static partial class Log
{
    [LoggerMessage(1000, LogLevel.Warning, "The catalog cannot be reached; a message waits for it (attempt {Attempt}).")]
    public static partial void CatalogAway(ILogger logger, int attempt, Exception? exception);
}
