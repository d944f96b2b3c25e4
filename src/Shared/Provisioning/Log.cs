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
}
