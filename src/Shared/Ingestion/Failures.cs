using System.Net.Sockets;
using Azure;
using Freehold.Ingestion.Readers;
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

    /// <summary>Writes the failure down, so that the message that woke the attempt is done with.</summary>
    public static async Task RecordAsync(Claims claims, DocumentClaim claim, string state, string step, Exception exception, ILogger logger)
    {
        TimeSpan? pause = exception is UnreadableDocumentException || claim.Attempts >= MaxAttempts ? null : Pause(claim.Attempts);
        if (exception is not UnreadableDocumentException)
        {
            Log.AttemptFailed(logger, claim.TenantUid, claim.Number, step, claim.Attempts, exception);
        }

        // The host may be stopping; what has been learnt is written all the same.
        await claims.FailAsync(claim, state, new DocumentFailure(step, Explain(exception)), pause, CancellationToken.None);
    }

    private static TimeSpan Pause(int attempts)
    {
        TimeSpan pause = FirstPause * Math.Pow(2, Math.Min(attempts - 1, 20));
        return pause < LongestPause ? pause : LongestPause;
    }

    private static string Explain(Exception exception) => exception switch
    {
        UnreadableDocumentException unreadable => unreadable.Message,
        NpgsqlException or SocketException or TimeoutException => "The tenant's database could not be reached or refused the document.",
        RequestFailedException or IOException => "The document could not be read from storage.",
        _ => $"An unexpected error ({exception.GetType().Name}) while the document was taken in.",
    };
}
