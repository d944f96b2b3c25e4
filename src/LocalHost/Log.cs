using Microsoft.Extensions.Logging;

namespace Freehold.LocalHost;

internal static partial class Log
{
    [LoggerMessage(9000, LogLevel.Information, "{Functions} functions at {Address}")]
    public static partial void Started(ILogger logger, int functions, string address);

    [LoggerMessage(9001, LogLevel.Error, "HTTP function {Function} failed")]
    public static partial void HttpFunctionFailed(ILogger logger, Exception exception, string function);

    [LoggerMessage(9002, LogLevel.Error, "The messages of function {Function} could not be sent")]
    public static partial void SendingFailed(ILogger logger, Exception exception, string function);

    [LoggerMessage(9003, LogLevel.Warning, "The storage of setting {Connection} does not answer and is tried again: {Reason}")]
    public static partial void StorageLost(ILogger logger, string connection, string reason);

    [LoggerMessage(9004, LogLevel.Warning, "The storage of setting {Connection} answers again")]
    public static partial void StorageBack(ILogger logger, string connection);

    [LoggerMessage(9010, LogLevel.Warning, "Function {Function} failed on message {MessageId} of queue {Queue}, delivery {Delivery}")]
    public static partial void DeliveryFailed(
        ILogger logger, Exception exception, string function, string messageId, string queue, long delivery);

    [LoggerMessage(9011, LogLevel.Error, "Message {MessageId} of queue {Queue} goes to {PoisonQueue} after {Deliveries} deliveries")]
    public static partial void DeadLettered(ILogger logger, string messageId, string queue, string poisonQueue, long deliveries);

    [LoggerMessage(9012, LogLevel.Error, "Message {MessageId} stays in {Queue} after {Deliveries} deliveries, for {Pause}")]
    public static partial void LeftInPoisonQueue(ILogger logger, string messageId, string queue, long deliveries, TimeSpan pause);

    [LoggerMessage(9013, LogLevel.Warning, "Message {MessageId} of queue {Queue} was no longer held at its end and may be delivered again")]
    public static partial void HoldLost(ILogger logger, string messageId, string queue);

    [LoggerMessage(9020, LogLevel.Warning, "Function {Function} failed on a blob (version {ETag}), attempt {Attempt}; the next follows in {Pause}")]
    public static partial void BlobAttemptFailed(
        ILogger logger, Exception exception, string function, string eTag, int attempt, TimeSpan pause);

    [LoggerMessage(9021, LogLevel.Error, "Function {Function} gave up on a blob (version {ETag}) after {Attempts} attempts")]
    public static partial void BlobGivenUp(ILogger logger, Exception exception, string function, string eTag, int attempts);

    [LoggerMessage(9030, LogLevel.Error, "Timer function {Function} failed")]
    public static partial void TimerFunctionFailed(ILogger logger, Exception exception, string function);
}
