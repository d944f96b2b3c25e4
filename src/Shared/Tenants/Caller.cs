namespace Freehold.Tenants;

/// <summary>Who asks for an admin action, and how its outcome is told.</summary>
/// <param name="Name">Stands in the audit: the operator, the queue of commands, or Freehold itself.</param>
/// <param name="IdempotencyKey">Names the request, so that sending it again does nothing twice; or null.</param>
/// <param name="ReplyTo">The queue that is told of the outcome; or null.</param>
public sealed record Caller(string Name, string? IdempotencyKey = null, string? ReplyTo = null)
{
    /// <summary>Freehold's own timers.</summary>
    public static Caller Freehold { get; } = new("freehold");

    /// <summary>The operator, by HTTP.</summary>
    public static Caller Admin(string? idempotencyKey = null) => new("admin", idempotencyKey);

    /// <summary>The operator's automation, by <c>tenant-commands</c>.</summary>
    public static Caller Queue(string? idempotencyKey, string? replyTo) => new("tenant-commands", idempotencyKey, replyTo);
}
