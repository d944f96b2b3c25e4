namespace Freehold.Provisioning.Providers;

/// <summary>Where a database is.</summary>
/// <param name="Host">Its own host.</param>
/// <param name="Port">Port, of the pooler too.</param>
/// <param name="PoolerHost">Host of a pooler of its own in transaction mode, through which it is searched and written; null for none.</param>
internal sealed record DatabaseAddress(string Host, int Port, string? PoolerHost = null);

/// <summary>What a database is made for.</summary>
/// <param name="TenantUid">The tenant's uid, or the one that the warm pool keeps for a tenant.</param>
/// <param name="Plan">Name of the tenant's plan; null while there is no tenant.</param>
internal sealed record DatabaseTerms(Guid TenantUid, string? Plan);
