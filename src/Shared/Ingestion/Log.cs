using Microsoft.Extensions.Logging;

namespace Freehold.Ingestion;

internal static partial class Log
{
    [LoggerMessage(4000, LogLevel.Warning, "Attempt {Attempts} at a document of tenant {TenantUid} (claim {Claim}) failed at step {Step}.")]
    public static partial void AttemptFailed(
        ILogger logger, Guid tenantUid, long claim, string step, int attempts, Exception exception);

    [LoggerMessage(4090, LogLevel.Error, "A document of tenant {TenantUid} waits, since the embedding model {Model} is not configured. Put it back.")]
    public static partial void ModelMissing(ILogger logger, Guid tenantUid, string model);

    [LoggerMessage(4001, LogLevel.Warning, "A blob that is no tenant's document was ignored: its name is not '(tenant)/(path)'.")]
    public static partial void NobodysBlob(ILogger logger);
}
