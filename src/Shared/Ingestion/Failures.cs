using System.Net.Sockets;
using Azure;
using Freehold.Ingestion.Readers;
using Freehold.Tenants;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace Freehold.Ingestion;

/// <summary>Says of a failed attempt whether another is worth it, when, and what its owner is told.</summary>
internal static class Failures
{
    /// <summary>Attempts after which a document fails for good.</summary>
    private const int MaxAttempts = 10;

    private static readonly TimeSpan FirstPause = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan LongestPause = TimeSpan.FromMinutes(5);

    /// <summary>Attempts that may end without a word: a document that takes its host down must not do so for ever.</summary>
    public const int MaxLapses = 5;

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
        bool final = exception is UnreadableDocumentException || (mayGiveUp && !IsTransient(exception) && claim.Attempts >= MaxAttempts);
        TimeSpan? pause = final ? null : Pause(claim.Attempts);
        if (exception is not UnreadableDocumentException)
        {
            Log.AttemptFailed(logger, claim.TenantUid, claim.Number, step, claim.Attempts, exception);
        }

        // The host may be stopping; what has been learnt is written all the same.
        await claims.FailAsync(claim, state, new DocumentFailure(step, Explain(exception)), pause, CancellationToken.None);
    }

    /// <summary>Whether a server was away, which says nothing of the document: it is tried until the server is back.</summary>
    private static bool IsTransient(Exception exception) => exception switch
    {
        NpgsqlException database => database.IsTransient,
        RequestFailedException storage => storage.Status is 0 or 408 or 429 or >= 500,
        AggregateException { InnerException: RequestFailedException } => true,
        SocketException or TimeoutException or IOException => true,
        TenantNotReadyException => true,
        _ => false,
    };

    private static TimeSpan Pause(int attempts)
    {
        TimeSpan pause = FirstPause * Math.Pow(2, Math.Min(attempts - 1, 20));
        return pause < LongestPause ? pause : LongestPause;
    }

    private static string Explain(Exception exception) => exception switch
    {
        UnreadableDocumentException unreadable => unreadable.Message,
        TenantNotReadyException notReady => notReady.Message,
        NpgsqlException or SocketException or TimeoutException => "The tenant's database could not be reached or refused the document.",
        RequestFailedException or IOException or AggregateException { InnerException: RequestFailedException } => "The document could not be read from storage.",
        _ => $"An unexpected error ({exception.GetType().Name}) while the document was taken in.",
    };
}
