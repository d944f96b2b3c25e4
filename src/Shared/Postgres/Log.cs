using Microsoft.Extensions.Logging;

namespace Freehold.Postgres;

internal static partial class Log
{
    [LoggerMessage(6000, LogLevel.Warning, "The catalog could not be asked which tenants still serve; trying again.")]
    public static partial void CatalogUnavailable(ILogger logger, Exception exception);
}
