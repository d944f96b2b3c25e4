using Microsoft.Extensions.Logging;

namespace Freehold.Tenants;

internal static partial class Log
{
    [LoggerMessage(1000, LogLevel.Warning, "The catalog cannot be reached; a message waits for it (attempt {Attempt}).")]
    public static partial void CatalogAway(ILogger logger, int attempt, Exception? exception);

    [LoggerMessage(1001, LogLevel.Warning, "The plan {Plan} is not configured; its tenants have the limits of the plan {DefaultPlan}.")]
    public static partial void PlanMissing(ILogger logger, string plan, string defaultPlan);
}
