using Microsoft.Extensions.Logging;

namespace Freehold.Retrieval;

internal static partial class Log
{
    [LoggerMessage(5000, LogLevel.Information, "Searches of tenant {TenantUid} missed too many of the nearest passages; they keep {Now} in view, no longer {Before}.")]
    public static partial void MoreInView(ILogger logger, Guid tenantUid, int before, int now);

    [LoggerMessage(5001, LogLevel.Warning, "The recall of tenant {TenantUid} could not be measured; another search will tell.")]
    public static partial void RecallUnknown(ILogger logger, Guid tenantUid, Exception exception);

    [LoggerMessage(5002, LogLevel.Information, "A search of tenant {TenantUid} was answered in its own order: {Reason}")]
    public static partial void NotReranked(ILogger logger, Guid tenantUid, string reason);
}
