using System.Globalization;
using System.Net.Sockets;
using Azure;
using Freehold.Ai;
using Freehold.Ingestion.Readers;
using Freehold.Postgres;
using Freehold.Tenants;
using Freehold.Usage;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace Freehold.Ingestion;

/// <summary>What a failure says of the next attempt.</summary>
internal enum FailureKind
{
    /// <summary>A server is away, which says nothing of the document: it is tried until the server is back.</summary>
    Transient,

    /// <summary>A server asks for a pause. The attempt does not count.</summary>
    Throttled,

    /// <summary>Another attempt would end the same.</summary>
    Permanent,

    /// <summary>Nobody knows. Some attempts are worth it.</summary>
    Unexpected,
}

/// <summary>When there is another attempt.</summary>
internal sealed record Retry(TimeSpan Pause, bool Throttled);

/// <summary>Says of a failed attempt whether another is worth it, when, and what its owner is told.</summary>
internal static class Failures
{
    /// <summary>Attempts after which a document fails for good.</summary>
    private const int MaxAttempts = 10;

    /// <summary>Attempts that may end without a word: a document that takes its host down must not do so for ever.</summary>
    public const int MaxLapses = 5;

    private static readonly TimeSpan FirstPause = TimeSpan.FromSeconds(2);
    // Longer than a host remembers which model a tenant has.
    private static readonly TimeSpan AfterChange = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan LongestPause = TimeSpan.FromMinutes(5);

    /// <summary>Writes the failure down, so that the message that woke the attempt is done with.</summary>
    /// <param name="claims">Where.</param>
    /// <param name="claim">The attempt.</param>
    /// <param name="state">The state to go on from.</param>
    /// <param name="step">What was being done.</param>
    /// <param name="exception">What went wrong.</param>
    /// <param name="mayGiveUp">Whether too many attempts are a reason to stop: never for a removal.</param>
    /// <param name="logger">For what an operator has to know.</param>
    public static async Task RecordAsync(
        Claims claims, DocumentClaim claim, string state, string step, Exception exception, bool mayGiveUp, ILogger logger)
    {
        if (exception is not UnreadableDocumentException)
        {
            Log.AttemptFailed(logger, claim.TenantUid, claim.Number, step, claim.Attempts, exception);
        }

        // Documents that failed together are not to come back together.
        Retry? retry = Next(exception, claim.Attempts, mayGiveUp, Random.Shared.NextDouble());

        // The host may be stopping; what has been learnt is written all the same.
        await claims.FailAsync(claim, state, new DocumentFailure(step, Explain(exception)), retry, CancellationToken.None);
    }

    /// <summary>Whether a document fails for good after so many attempts.</summary>
    public static bool IsFinal(Exception exception, int attempts) => Next(exception, attempts, mayGiveUp: true, chance: 0) is null;

    /// <summary>When to try again after so many attempts; null when not.</summary>
    /// <param name="exception">What went wrong.</param>
    /// <param name="attempts">Attempts so far, this one included.</param>
    /// <param name="mayGiveUp">Whether too many attempts are a reason to stop.</param>
    /// <param name="chance">From 0 to 1, by chance: pauses differ by a quarter either way.</param>
    public static Retry? Next(Exception exception, int attempts, bool mayGiveUp, double chance)
    {
        (FailureKind kind, TimeSpan? retryAfter) = Judge(exception);
        if (kind == FailureKind.Permanent || (kind == FailureKind.Unexpected && mayGiveUp && attempts >= MaxAttempts))
        {
            return null;
        }

        TimeSpan pause = retryAfter ?? (FirstPause * Math.Pow(2, Math.Min(attempts - 1, 20)));
        pause = Shorter(pause, LongestPause) * (retryAfter is null ? 0.75 + (chance / 2) : 1 + (chance / 4));
        return new Retry(Shorter(pause, LongestPause), kind == FailureKind.Throttled);
    }

    /// <summary>Whether it is storage that failed, whatever the document.</summary>
    public static bool IsOfStorage(Exception exception, CancellationToken cancellationToken) => !cancellationToken.IsCancellationRequested
        && exception is RequestFailedException or AggregateException { InnerException: RequestFailedException } or IOException or OperationCanceledException;

    private static (FailureKind Kind, TimeSpan? RetryAfter) Judge(Exception exception) => exception switch
    {
        UnreadableDocumentException => (FailureKind.Permanent, null),
        ModelException { NeedsOperator: true } away => (FailureKind.Transient, away.RetryAfter),
        ModelException { Kind: ModelFailure.Permanent } => (FailureKind.Permanent, null),
        ModelException { Kind: ModelFailure.Throttled } busy => (FailureKind.Throttled, busy.RetryAfter),
        ModelException away => (FailureKind.Transient, away.RetryAfter),
        ModelChangedException or PostgresException { SqlState: PostgresErrorCodes.ReadOnlySqlTransaction } => (FailureKind.Throttled, AfterChange),
        ModelNotConfiguredException or TenantUpgradingException => (FailureKind.Throttled, LongestPause),
        AwakeTimeExceededException or DatabaseOverQuotaException => (FailureKind.Throttled, LongestPause),
        NpgsqlException { IsTransient: true } => (FailureKind.Transient, null),
        RequestFailedException { Status: 429 or 503 } busy when RetryAfter(busy) is { } pause => (FailureKind.Throttled, pause),
        RequestFailedException { Status: 0 or 408 or 429 or >= 500 } => (FailureKind.Transient, null),
        AggregateException { InnerException: RequestFailedException } => (FailureKind.Transient, null),
        SocketException or TimeoutException or IOException or ServerUnavailableException or TenantNotReadyException or MisdirectedRegionException =>
            (FailureKind.Transient, null),
        _ => (FailureKind.Unexpected, null),
    };

    private static TimeSpan? RetryAfter(RequestFailedException exception) =>
        exception.GetRawResponse()?.Headers.TryGetValue("Retry-After", out string? text) == true
        && int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int seconds)
            ? TimeSpan.FromSeconds(seconds)
            : null;

    private static TimeSpan Shorter(TimeSpan one, TimeSpan other) => one < other ? one : other;

    private static string Explain(Exception exception) => exception switch
    {
        UnreadableDocumentException unreadable => unreadable.Message,
        TenantNotReadyException or MisdirectedRegionException => exception.Message,
        ModelException model => model.Explanation,
        ModelChangedException changed => changed.Message,
        PostgresException { SqlState: PostgresErrorCodes.ReadOnlySqlTransaction } => "The tenant's database is being moved.",
        ModelNotConfiguredException missing => missing.Message,
        TenantUpgradingException upgrading => upgrading.Message,
        AwakeTimeExceededException or DatabaseOverQuotaException => exception.Message,
        NpgsqlException or SocketException or TimeoutException or ServerUnavailableException => "The tenant's database could not be reached or refused the document.",
        RequestFailedException or IOException or AggregateException { InnerException: RequestFailedException } => "The document could not be read from storage.",
        _ => $"An unexpected error ({exception.GetType().Name}) while the document was taken in.",
    };
}
