using Microsoft.Extensions.Logging;

namespace Freehold.Neon;

internal static partial class Log
{
    [LoggerMessage(9000, LogLevel.Information, "Neon is asked again for {Request} (attempt {Attempt} failed: {Reason}) in {Pause}.")]
    public static partial void AskedAgain(ILogger logger, string request, int attempt, string reason, TimeSpan pause);

    [LoggerMessage(9001, LogLevel.Warning, "Nobody knows whether Neon made the project {Name}: {Reason} It is looked for.")]
    public static partial void LookedFor(ILogger logger, string name, string reason);

    [LoggerMessage(9002, LogLevel.Information, "The project {ProjectId} had been made for {Name} before, and is taken.")]
    public static partial void Adopted(ILogger logger, string projectId, string name);
}
