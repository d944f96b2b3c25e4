namespace Freehold.Tenants;

/// <summary>What kind of refusal a caller met; each kind is one HTTP status.</summary>
public enum RefusalKind
{
    /// <summary>Malformed input (400).</summary>
    Invalid,

    /// <summary>No key, or an unknown one (401).</summary>
    Unauthenticated,

    /// <summary>The plan does not allow it (402).</summary>
    PaymentRequired,

    /// <summary>The key lacks the scope (403).</summary>
    Forbidden,

    /// <summary>Nothing of that name for this caller (404).</summary>
    NotFound,

    /// <summary>The present state does not allow it (409).</summary>
    Conflict,

    /// <summary>A condition that the caller set does not hold (412).</summary>
    PreconditionFailed,

    /// <summary>More bytes than allowed (413).</summary>
    TooLarge,

    /// <summary>A file type that is not read (415).</summary>
    UnsupportedMedia,

    /// <summary>Another host answers it (421).</summary>
    Misdirected,

    /// <summary>Well-formed but impossible (422).</summary>
    Impossible,

    /// <summary>More at a time than the plan allows; worth another try (429).</summary>
    TooManyRequests,

    /// <summary>A needed server is away; worth another try (503).</summary>
    Unavailable,
}

/// <summary>
/// An expected refusal that the caller can act on. <paramref name="problem"/> is the last part of the stable problem type
/// <c>https://freehold.dev/problems/{problem}</c>; <paramref name="message"/> is a sentence for the caller: it says what to
/// do and holds nothing of another tenant, no exception text and no secret.
/// </summary>
public abstract class RefusalException(RefusalKind kind, string problem, string message, Exception? innerException = null)
    : Exception(message, innerException)
{
    /// <summary>What kind of refusal.</summary>
    public RefusalKind Kind { get; } = kind;

    /// <summary>Stable name of the problem.</summary>
    public string Problem { get; } = problem;
}

/// <summary>Malformed input.</summary>
public sealed class InvalidInputException(string problem, string message) : RefusalException(RefusalKind.Invalid, problem, message);

/// <summary>Well-formed input that cannot be carried out.</summary>
public sealed class ImpossibleRequestException(string problem, string message)
    : RefusalException(RefusalKind.Impossible, problem, message);

/// <summary>No key, a malformed one, or one that is unknown, revoked or expired.</summary>
public sealed class UnknownKeyException() : RefusalException(
    RefusalKind.Unauthenticated, "unknown-key", "Send a valid API key: 'Authorization: Bearer fh_...'.");

/// <summary>The key is good but lacks a scope.</summary>
public sealed class MissingScopeException(string scope) : RefusalException(
    RefusalKind.Forbidden, "missing-scope", $"This key lacks the scope '{scope}'. Use a key that has it.");

/// <summary>There is no such tenant for this caller: none at all, or another's. Both look alike, and the id is not echoed.</summary>
public sealed class TenantNotFoundException() : RefusalException(
    RefusalKind.NotFound, "tenant-not-found", "There is no such tenant for this key.");

/// <summary>The id is taken by a tenant that is not deleted.</summary>
public sealed class TenantAlreadyExistsException() : RefusalException(
    RefusalKind.Conflict, "tenant-already-exists", "A tenant with this id exists. Choose another id, or delete that tenant first.");

/// <summary>The tenant's state does not allow the request.</summary>
public sealed class TenantNotReadyException(TenantState state) : RefusalException(
    RefusalKind.Conflict, "tenant-not-ready", Sentence(state))
{
    /// <summary>The state that forbids it.</summary>
    public TenantState State { get; } = state;

    private static string Sentence(TenantState state) => state switch
    {
        TenantState.Provisioning => "The tenant is being provisioned. Try again in a moment.",
        TenantState.Suspended => "The tenant is suspended. Resume it first.",
        TenantState.Failed => "Provisioning of the tenant failed. See the tenant's failure, then retry or delete it.",
        _ => "The tenant is being deleted.",
    };
}

/// <summary>The tenant's database is being brought to this program's schema.</summary>
public sealed class TenantUpgradingException() : RefusalException(
    RefusalKind.Unavailable, "tenant-upgrading", "The tenant's database is being upgraded. Try again in a moment.");

/// <summary>The tenant goes to another region, and nothing of it is written for a moment.</summary>
public sealed class TenantChangingRegionException() : RefusalException(
    RefusalKind.Unavailable,
    "tenant-changing-region",
    "The tenant is about to be in another region. Try again in a moment: either it goes through, or the answer says where to send it.");

/// <summary>A server that the request needs is away.</summary>
public sealed class ServerUnavailableException(string server, Exception? innerException = null) : RefusalException(
    RefusalKind.Unavailable, "server-unavailable", $"{server} cannot be reached at the moment. Try again shortly.", innerException);
