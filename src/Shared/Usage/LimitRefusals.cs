using Freehold.Tenants;

namespace Freehold.Usage;

/// <summary>A limit of the tenant's plan forbids the request.</summary>
public abstract class LimitRefusalException(RefusalKind kind, string problem, string message, string quota, long limit, long used)
    : RefusalException(kind, problem, message)
{
    /// <summary>Name of the limit.</summary>
    public string Quota { get; } = quota;

    /// <summary>What the plan allows.</summary>
    public long Limit { get; } = limit;

    /// <summary>What is in use.</summary>
    public long Used { get; } = used;

    /// <summary>When another try may succeed without anything being changed; null when something has to be.</summary>
    public TimeSpan? RetryAfter { get; protected init; }

    /// <summary>When the limit begins anew; null where it does not.</summary>
    public DateTimeOffset? ResetsAt { get; internal init; }
}

/// <summary>The plan has no room for it.</summary>
public sealed class QuotaExceededException(Shortage shortage) : LimitRefusalException(
    RefusalKind.PaymentRequired, "quota-exceeded", shortage.Sentence, shortage.Quota, shortage.Limit, shortage.Used);

/// <summary>The plan has no time left this month for the compute of the tenant's database.</summary>
public sealed class AwakeTimeExceededException(Shortage shortage) : LimitRefusalException(
    RefusalKind.PaymentRequired, "quota-exceeded", shortage.Sentence, shortage.Quota, shortage.Limit, shortage.Used);

/// <summary>More queries a minute than the plan allows.</summary>
public sealed class TooManyQueriesException : LimitRefusalException
{
    /// <summary>Says when the next query is due.</summary>
    public TooManyQueriesException(int limit, TimeSpan retryAfter)
        : base(
            RefusalKind.TooManyRequests,
            "too-many-queries",
            $"The plan allows {limit} queries a minute. Wait as long as 'Retry-After' says.",
            "queries-per-minute",
            limit,
            limit) => RetryAfter = retryAfter;
}

/// <summary>More searches at a time than the plan allows.</summary>
public sealed class TooManySearchesException : LimitRefusalException
{
    /// <summary>Says that one of the others has to end first.</summary>
    public TooManySearchesException(int limit)
        : base(
            RefusalKind.TooManyRequests,
            "too-many-searches",
            $"The plan allows {limit} searches at a time. Send the next when one has ended.",
            "concurrent-searches",
            limit,
            limit) => RetryAfter = TimeSpan.FromSeconds(1);
}
