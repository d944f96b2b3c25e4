using System.Net;
using System.Text.RegularExpressions;

namespace Freehold.Neon;

/// <summary>
/// Neon did not do what it was asked for, or nobody knows whether it did. The message is for operators: it holds what Neon said, without
/// anything that looks like a secret.
/// </summary>
public sealed partial class NeonException(string message, Exception? innerException = null) : Exception(WithoutSecrets(message), innerException)
{
    private const int LongestMessage = 1000;

    /// <summary>Neon's answer; null if none came.</summary>
    public HttpStatusCode? Status { get; init; }

    /// <summary>Neon's code, such as <c>PROJECTS_LIMIT_EXCEEDED</c>; often empty.</summary>
    public string Code { get; init; } = string.Empty;

    /// <summary>The id of the last attempt, which was sent with it: what Neon's support asks for.</summary>
    public string? RequestId { get; init; }

    /// <summary>Whether the same may go through later.</summary>
    public bool IsTransient { get; init; }

    /// <summary>Whether a change that was asked for may have been made all the same. Look before asking again.</summary>
    public bool IsAmbiguous { get; init; }

    /// <summary>Whether it is an operation of Neon's that came to nothing, not a request that was refused. The same request starts another.</summary>
    public bool OperationFailed { get; init; }

    /// <summary>How long Neon wishes to be left alone, where it said so.</summary>
    public TimeSpan? RetryAfter { get; init; }

    /// <summary>Operations that had not ended when the wait for them was over. They go on: wait for them again.</summary>
    public IReadOnlyList<string> PendingOperations { get; init; } = [];

    /// <summary>Leaves out keys, passwords and the credentials of URIs.</summary>
    internal static string WithoutSecrets(string text)
    {
        string safe = Secret().Replace(text, "***");
        return safe.Length <= LongestMessage ? safe : safe[..LongestMessage];
    }

    // Neon's keys, its generated passwords, what follows the word password, and name:password@ in a URI.
    [GeneratedRegex("""\b(?:napi|npg)_\w+|(?<=\bBearer )[^\s"']+|(?<=\bpassword["']?\s*[:=]\s*["']?)[^\s"',;}]+|(?<=://)[^\s/@]+(?=@)""", RegexOptions.IgnoreCase)]
    private static partial Regex Secret();
}
