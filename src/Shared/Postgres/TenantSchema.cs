namespace Freehold.Postgres;

/// <summary>The schema of tenants' databases that this program works with. One that is behind is not entered.</summary>
/// <param name="Version">Its number.</param>
public sealed record TenantSchema(int Version);
