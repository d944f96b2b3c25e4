using System.Text.Json.Serialization;

namespace Freehold.Provisioning.Fleet;

/// <summary>What a reconciliation found and did. Lists are cut at 100 entries; the counts are not.</summary>
/// <param name="At">When it began.</param>
/// <param name="Complete">Whether everything could be listed.</param>
/// <param name="Unlisted">Kinds that could not be listed, in full; <c>database (neon)</c> of a provider other than <c>postgres</c>. Nothing is said of them.</param>
/// <param name="TooMany">Whether more is nobody's than may be removed, so that nothing was.</param>
/// <param name="OrphanCount">How many databases, roles and folders nobody owned.</param>
/// <param name="Orphans">Which.</param>
/// <param name="Removed">What was removed, after it had been nobody's for long enough.</param>
/// <param name="NotRemoved">What was due to be removed, and could not be.</param>
/// <param name="DriftCount">How many tenants and ready databases of the warm pool lack something on the server.</param>
/// <param name="Drift">Which.</param>
/// <param name="UnknownCount">How many folders of blobs never were a tenant's. They are left alone.</param>
/// <param name="Unknown">Which.</param>
public sealed record ReconciliationReport(
    DateTimeOffset At,
    bool Complete,
    IReadOnlyList<string> Unlisted,
    bool TooMany,
    int OrphanCount,
    IReadOnlyList<Orphan> Orphans,
    IReadOnlyList<Orphan> Removed,
    IReadOnlyList<Orphan> NotRemoved,
    int DriftCount,
    IReadOnlyList<Drift> Drift,
    int UnknownCount,
    IReadOnlyList<string> Unknown);

/// <summary>Something that nobody owns.</summary>
/// <param name="Kind"><c>database</c>, <c>role</c> or <c>blobs</c>.</param>
/// <param name="Name">Its name; of blobs, the folder's.</param>
/// <param name="Provider">The provider that has it; null of blobs.</param>
/// <param name="Sightings">How many reconciliations in a row have seen it.</param>
/// <param name="FirstSeenAt">The first of them.</param>
public sealed record Orphan(string Kind, string Name, string? Provider, int Sightings, DateTimeOffset FirstSeenAt);

/// <summary>Something that the catalog says is there, and that is not.</summary>
/// <param name="Tenant">The tenant that serves from it; null for a database of the warm pool, which is replaced.</param>
/// <param name="Uid">Its uid, or the one that the pool keeps for a tenant.</param>
/// <param name="Missing"><c>database</c>, <c>role</c> or <c>database and role</c>.</param>
public sealed record Drift(string? Tenant, Guid Uid, string Missing);

[JsonSourceGenerationOptions(System.Text.Json.JsonSerializerDefaults.Web, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(ReconciliationReport))]
[JsonSerializable(typeof(SweepView))]
internal sealed partial class ReconciliationJson : JsonSerializerContext;
