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

    [LoggerMessage(4002, LogLevel.Error, "A message of {Queue} for a document of tenant {TenantUid} was delivered in vain as often as it may be.")]
    public static partial void MessageBuried(ILogger logger, string queue, Guid tenantUid);

    [LoggerMessage(4003, LogLevel.Error, "A malformed message of {Queue} was dropped: {Why}")]
    public static partial void MalformedMessageBuried(ILogger logger, string queue, string why);

    [LoggerMessage(4004, LogLevel.Information, "A sweep over {Tenants} tenants noted {Noted} blobs without their document and {Removed} documents without their blob.")]
    public static partial void Swept(ILogger logger, int tenants, long noted, long removed);

    [LoggerMessage(4006, LogLevel.Warning, "Blob storage did not answer for a document of tenant {TenantUid}, which is looked at again after a while.")]
    public static partial void StorageAway(ILogger logger, Guid tenantUid, Exception exception);

    [LoggerMessage(4005, LogLevel.Warning, "The blobs of tenant {TenantUid} could not be compared with its documents.")]
    public static partial void SweepFailed(ILogger logger, Guid tenantUid, Exception exception);
}
