using Microsoft.Extensions.Logging;

namespace Freehold.Ai;

internal static partial class Log
{
    [LoggerMessage(8000, LogLevel.Warning, "The model {Model} did not answer (attempt {Attempt}): {Reason} It is asked again in {Pause}.")]
    public static partial void AskedAgain(ILogger logger, string model, int attempt, string reason, TimeSpan pause);

    [LoggerMessage(8001, LogLevel.Error, "The model {Model} fails too often and is left alone for {Pause}; what needs it waits, or goes without.")]
    public static partial void LeftAlone(ILogger logger, string model, TimeSpan pause);

    [LoggerMessage(8002, LogLevel.Error, "The model {Model} needs an operator: {Reason}")]
    public static partial void NeedsOperator(ILogger logger, string model, string reason);
}
