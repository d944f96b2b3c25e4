using System.Globalization;
using Freehold.Tenants;

namespace Freehold.Postgres;

/// <summary>The provider has stopped the tenant's database, since its quota is used up. It is no outage: waiting for a server does not help.</summary>
public sealed class DatabaseOverQuotaException(DateTimeOffset? resetsAt) : RefusalException(
    RefusalKind.PaymentRequired,
    "database-over-quota",
    string.Create(
        CultureInfo.InvariantCulture,
        $"The quota of the tenant's database is used up{(resetsAt is { } at ? $" until {at.UtcDateTime:yyyy-MM-dd HH:mm} UTC" : null)}. Wait for the next period, or ask for a larger plan."))
{
    /// <summary>When the next period begins; null where that is not known.</summary>
    public DateTimeOffset? ResetsAt { get; } = resetsAt;
}
