using System.Net;
using Freehold.Neon;
using Npgsql;

namespace Freehold.Provisioning.Providers;

/// <summary>What goes wrong at providers, and what is to be done about it.</summary>
internal static class ProviderFailures
{
    private const string LimitExceeded = "LIMIT_EXCEEDED";

    /// <summary>Whether it is a provider's failure at all.</summary>
    public static bool Is(Exception exception) => exception is NpgsqlException or TimeoutException or NeonException or ProviderNotConfiguredException;

    /// <summary>Whether it will be the same the next time, unless somebody does something.</summary>
    public static bool IsPermanent(Exception exception) =>
        exception is NeonException { IsTransient: false, IsAmbiguous: false, OperationFailed: false } or ProviderNotConfiguredException;

    /// <summary>A sentence for operators.</summary>
    public static string Explain(NeonException exception) => exception switch
    {
        { Status: HttpStatusCode.Unauthorized or HttpStatusCode.Forbidden } =>
            "Neon refuses the API key. Put one that is good into Provisioning:Neon:ApiKey, then retry.",
        { Code: var code } when code.EndsWith(LimitExceeded, StringComparison.Ordinal) =>
            $"The Neon account has come to its limit ({code}). Have it raised, or delete what is not needed, then retry.",
        { IsTransient: true, Status: null } or { IsTransient: true, Status: >= HttpStatusCode.InternalServerError } =>
            $"Neon could not be reached, or did not get ready in time. {exception.Message}",
        _ => exception.Message,
    };
}

/// <summary>A database is no longer at its provider, or not yet.</summary>
internal sealed class DatabaseGoneException(string database) : Exception($"The database {database} is not there.");
