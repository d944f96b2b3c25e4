using System.Text.Json;
using System.Text.Json.Serialization;

namespace Freehold.Messaging;

/// <summary>
/// Inbound command of the owner's automation. Idempotent by <paramref name="IdempotencyKey"/>; see docs/tenant-commands.md.
/// </summary>
[JsonUnmappedMemberHandling(JsonUnmappedMemberHandling.Disallow)]
public sealed record TenantCommand(
    int Version,
    string? Command,
    string? Tenant,
    string? IdempotencyKey = null,
    string? ReplyTo = null,
    string? DisplayName = null,
    string? Region = null,
    string? Plan = null,
    bool Purge = false,
    string? ConfirmTenant = null)
{
    /// <summary>From the queue.</summary>
    public static TenantCommand Parse(string message) => MessageJson.Parse(message, MessageJson.Default.TenantCommand);
}

/// <summary>Outbound: what became of a command. Sent at least once; the same operation's reply may come twice.</summary>
public sealed record TenantReply(
    int Version, Guid Operation, string Command, string? Tenant, string State, string? Failure, string? IdempotencyKey)
{
    /// <summary>As it stands in the queue.</summary>
    public string ToMessage() => JsonSerializer.Serialize(this, MessageJson.Default.TenantReply);
}
