using Azure;
using Microsoft.Extensions.Logging;

namespace Freehold.LocalHost.Storage;

/// <summary>Whether Azurite answers. Tells a change once, however many listeners notice it.</summary>
internal sealed class StorageAvailability(string connection, ILogger logger)
{
    private int _lost;

    /// <summary>What the clients throw when Azurite can't be reached, is too slow or refuses.</summary>
    public static bool IsStorageFailure(Exception exception) =>
        exception is RequestFailedException or AggregateException or OperationCanceledException;

    public void Lost(Exception exception)
    {
        if (Interlocked.Exchange(ref _lost, 1) == 0)
        {
            Log.StorageLost(logger, connection, exception.GetBaseException().Message);
        }
    }

    public void Back()
    {
        if (Volatile.Read(ref _lost) == 1 && Interlocked.Exchange(ref _lost, 0) == 1)
        {
            Log.StorageBack(logger, connection);
        }
    }
}
