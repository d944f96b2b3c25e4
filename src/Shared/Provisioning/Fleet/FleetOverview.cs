namespace Freehold.Provisioning.Fleet;

/// <summary>How the whole installation stands, by the catalog alone.</summary>
/// <param name="Tenants">Tenants by state, region and plan.</param>
/// <param name="WarmPool">The warm pool, region by region.</param>
/// <param name="Operations">Operations by state.</param>
/// <param name="OldestDueOperationSeconds">How long the operation that has waited longest has been due; null when none is.</param>
/// <param name="Documents">Documents by the state of their newest version.</param>
/// <param name="SchemaVersions">Active and suspended tenants by their database's schema version.</param>
/// <param name="Behind">Active tenants whose database is still to be brought to this program's schema.</param>
/// <param name="EmbeddingModels">Active and suspended tenants by the model whose vectors they hold.</param>
/// <param name="ModelsNotConfigured">Models among those that the configuration does not name: their tenants' documents wait.</param>
/// <param name="VectorIndexes">Active and suspended tenants whose vectors have an index, those with the lowest recall first; the first 100.</param>
/// <param name="Wakes">What woke computes that sleep when they are not used.</param>
/// <param name="LastReconciliation">The newest report; null before the first.</param>
/// <param name="LastSweep">What the last comparison of tenants' blobs with their documents found; null before the first.</param>
public sealed record FleetOverview(
    TenantCounts Tenants,
    IReadOnlyList<WarmPoolView> WarmPool,
    IReadOnlyDictionary<string, long> Operations,
    double? OldestDueOperationSeconds,
    IReadOnlyDictionary<string, long> Documents,
    IReadOnlyDictionary<string, long> SchemaVersions,
    long Behind,
    IReadOnlyDictionary<string, long> EmbeddingModels,
    IReadOnlyList<string> ModelsNotConfigured,
    IReadOnlyList<VectorIndexView> VectorIndexes,
    WakesView Wakes,
    ReconciliationReport? LastReconciliation,
    SweepView? LastSweep);

/// <summary>How often computes were woken in the last seven days (UTC, today included), as each host counts it.</summary>
/// <param name="Causes">By cause, over all tenants.</param>
/// <param name="Tenants">Those that were woken most often; the first 100.</param>
public sealed record WakesView(IReadOnlyDictionary<string, long> Causes, IReadOnlyList<TenantWakes> Tenants);

/// <summary>How often a tenant's compute was woken, by cause.</summary>
public sealed record TenantWakes(string Tenant, IReadOnlyDictionary<string, long> Causes);

/// <summary>A comparison of all tenants' blobs with their documents. What it found is under way again.</summary>
/// <param name="FinishedAt">When it was through.</param>
/// <param name="Tenants">How many tenants it looked at.</param>
/// <param name="Noted">Blobs that no document stood for, or one of another version.</param>
/// <param name="Removed">Documents whose blob was gone.</param>
public sealed record SweepView(DateTimeOffset FinishedAt, long Tenants, long Noted, long Removed);

/// <summary>Tenants; regions and plans count those that are not deleted.</summary>
public sealed record TenantCounts(
    IReadOnlyDictionary<string, long> States, IReadOnlyDictionary<string, long> Regions, IReadOnlyDictionary<string, long> Plans);

/// <summary>A region's warm pool.</summary>
/// <param name="Region">The region.</param>
/// <param name="Target">How many databases it is to keep ready.</param>
/// <param name="Ready">How many are ready.</param>
/// <param name="Making">How many are being made.</param>
/// <param name="LastDay">What creations of the last 24 hours met.</param>
/// <param name="InAll">What all creations met.</param>
public sealed record WarmPoolView(string Region, int Target, long Ready, long Making, WarmPoolUse LastDay, WarmPoolUse InAll);

/// <summary>Creations that found a database ready, and creations whose database was made on the spot.</summary>
public sealed record WarmPoolUse(long Hits, long Misses);
