using Microsoft.Extensions.Logging;

namespace Freehold.Provisioning;

internal static partial class Log
{
    [LoggerMessage(2000, LogLevel.Warning, "Operation {OperationId} ({Kind}) failed at step {Step}, attempt {Attempts}.")]
    public static partial void OperationFailed(
        ILogger logger, Guid operationId, string kind, string step, int attempts, Exception exception);

    [LoggerMessage(2001, LogLevel.Warning, "A tenant command was refused ({Problem}): {Reason}")]
    public static partial void CommandRefused(ILogger logger, string problem, string reason);

    [LoggerMessage(2002, LogLevel.Warning, "The server for tenant databases cannot be reached or prepared; trying again.")]
    public static partial void ServerUnavailable(ILogger logger, Exception exception);

    [LoggerMessage(2004, LogLevel.Warning, "The database of tenant {TenantUid} could not be migrated (attempt {Attempts}); trying again in {Pause}.")]
    public static partial void TenantNotMigrated(ILogger logger, Guid tenantUid, int attempts, TimeSpan pause, Exception exception);

    [LoggerMessage(2005, LogLevel.Error, "The embedding model of tenant {TenantUid} cannot be changed to {Model}, which is not configured.")]
    public static partial void ModelMissing(ILogger logger, Guid tenantUid, string model);

    [LoggerMessage(2050, LogLevel.Warning, "The warm pool could not be filled; trying again in a moment.")]
    public static partial void WarmPoolUnfilled(ILogger logger, Exception exception);

    [LoggerMessage(2051, LogLevel.Warning, "A reconciliation could not list everything ({Kinds}); of these nothing is counted or removed.")]
    public static partial void ListingFailed(ILogger logger, string kinds, Exception exception);

    [LoggerMessage(2053, LogLevel.Warning, "What providers count of tenants' databases could not be read; trying again in a while.")]
    public static partial void ConsumptionNotPulled(ILogger logger, Exception exception);

    [LoggerMessage(2052, LogLevel.Warning, "Nobody's {Kind} {Name} could not be removed; the next reconciliation tries again.")]
    public static partial void OrphanNotRemoved(ILogger logger, string kind, string name, Exception exception);

    [LoggerMessage(2003, LogLevel.Warning, "The role {Role} could not be dropped yet; it cannot log in any more.")]
    public static partial void RoleNotDropped(ILogger logger, string role, Exception exception);
}
