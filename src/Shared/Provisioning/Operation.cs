using Freehold.Tenants;

namespace Freehold.Provisioning;

/// <summary>A tracked admin action as its operator sees it.</summary>
public sealed record Operation(
    Guid Id,
    string Kind,
    string Tenant,
    string State,
    string Step,
    int Attempts,
    DateTimeOffset? NextAttemptAt,
    string? Failure,
    DateTimeOffset CreatedAt,
    DateTimeOffset? FinishedAt);

/// <summary>Kinds of operations, as they stand in the catalog and in JSON.</summary>
internal static class OperationKinds
{
    public const string Provision = "provision";
    public const string Delete = "delete";
}

/// <summary>An operation that this host holds the lease of: what its steps need, and nothing a message could carry.</summary>
internal sealed record LeasedOperation(
    Guid Id,
    string Kind,
    Guid Lease,
    int Attempts,
    Guid TenantUid,
    string TenantId,
    string? Database,
    string? Role,
    byte[]? EncryptedPassword);

/// <summary>There is no such operation.</summary>
public sealed class OperationNotFoundException() : RefusalException(
    RefusalKind.NotFound, "operation-not-found", "There is no operation of this id.");
