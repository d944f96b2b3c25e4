namespace Freehold.Provisioning.Fleet;

/// <summary>A tenant whose vectors have an index, and how well its searches do with it.</summary>
/// <param name="Tenant">The tenant.</param>
/// <param name="EfSearch">How many passages a search keeps in view.</param>
/// <param name="RecallAt10">How many of the ten truly nearest are found; a moving average, null before the first sample.</param>
/// <param name="Samples">Searches that were compared with the exact one since <paramref name="EfSearch"/> was changed last.</param>
/// <param name="BuiltAt">When the index was built.</param>
/// <param name="MeasuredAt">When the newest sample was taken.</param>
public sealed record VectorIndexView(
    string Tenant, int EfSearch, double? RecallAt10, int Samples, DateTimeOffset BuiltAt, DateTimeOffset? MeasuredAt);
