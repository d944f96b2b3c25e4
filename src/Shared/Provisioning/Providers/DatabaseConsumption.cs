using Freehold.Usage;

namespace Freehold.Provisioning.Providers;

/// <summary>What a provider has counted of a database.</summary>
/// <param name="Database">Its name.</param>
/// <param name="QuotaResetsAt">When the provider's present period ends, and its quota begins anew; null where it does not say.</param>
/// <param name="Amounts">By day (UTC) and metric. The present day's go on growing.</param>
internal sealed record DatabaseConsumption(
    string Database, DateTimeOffset? QuotaResetsAt, IReadOnlyList<(DateOnly Day, Metric Metric, long Amount)> Amounts);
