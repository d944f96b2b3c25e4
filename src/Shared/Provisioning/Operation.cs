using System.Text.Json;
using Freehold.Tenants;

namespace Freehold.Provisioning;

/// <summary>A tracked admin action as its operator sees it. One without a tenant is the whole installation's.</summary>
public sealed record Operation(
    Guid Id,
    string Kind,
    string? Tenant,
    string State,
    string Step,
    int Attempts,
    DateTimeOffset? NextAttemptAt,
    string? Failure,
    DateTimeOffset CreatedAt,
    DateTimeOffset? FinishedAt,
    JsonElement? Details);

/// <summary>Kinds of operations, as they stand in the catalog and in JSON.</summary>
internal static class OperationKinds
{
    public const string Provision = "provision";
    public const string Delete = "delete";
    public const string Undelete = "undelete";
    public const string Suspend = "suspend";
    public const string Resume = "resume";
    public const string SetPlan = "set-plan";
    public const string RotateCredentials = "rotate-credentials";
    public const string RotateKeys = "rotate-keys";
    public const string ChangeModel = "change-model";
    public const string BuildIndex = "build-index";
    public const string Evaluate = "evaluate";
    public const string Move = "move";

    /// <summary>
    /// Those that are given up after some attempts, with a reason. The others close a door, open one again or erase, and
    /// are tried for as long as a server is away.
    /// </summary>
    public static bool CanFail(string kind) => kind is Provision or SetPlan or RotateCredentials or RotateKeys or ChangeModel or BuildIndex or Evaluate
        or Move;
}

/// <summary>States of operations, as they stand in the catalog and in JSON.</summary>
internal static class OperationStates
{
    public const string Done = "done";
    public const string Failed = "failed";

    public static IReadOnlyList<string> All { get; } = ["queued", "running", Done, Failed];
}

/// <summary>An operation that this host holds the lease of: what its steps need, and nothing a message could carry.</summary>
internal sealed record LeasedOperation(Guid Id, string Kind, Guid Lease, int Attempts, OperationTenant? Subject, string Details = "{}")
{
    /// <summary>The tenant it is about.</summary>
    public OperationTenant Tenant => Subject ?? throw new InvalidOperationException($"The operation {Id} ({Kind}) has no tenant.");
}

/// <summary>A tenant as it was when the operation was leased. <paramref name="Claimed"/>: whether its database came from the warm pool.</summary>
internal sealed record OperationTenant(Guid Uid, TenantId Id, string Plan, string Provider, string? Database, string? Role, byte[]? EncryptedPassword, bool Claimed);

/// <summary>There is no such operation.</summary>
public sealed class OperationNotFoundException() : RefusalException(
    RefusalKind.NotFound, "operation-not-found", "There is no operation of this id.");

/// <summary>Only a change of model that is under way can be paused, and goes on afterwards.</summary>
public sealed class OperationNotPausableException() : RefusalException(
    RefusalKind.Conflict, "operation-not-pausable", "Only a change of the embedding model that is not over can be paused and resumed.");

/// <summary>Only what has failed can be retried.</summary>
public sealed class OperationNotFailedException() : RefusalException(
    RefusalKind.Conflict, "operation-not-failed", "The operation has not failed: it is done, or still being tried. See its state.");
