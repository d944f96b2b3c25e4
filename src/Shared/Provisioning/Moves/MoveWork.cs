using Freehold.Provisioning.Moves.BetweenRegions;
using Freehold.Tenants;

namespace Freehold.Provisioning.Moves;

/// <summary>A move that this host is at.</summary>
/// <param name="Operation">The operation, leased.</param>
/// <param name="Progress">Is told the step.</param>
/// <param name="Tenant">The tenant as it was when the turn began.</param>
/// <param name="Other">The database that it is to have.</param>
/// <param name="Started">When the turn began, as a time stamp.</param>
internal sealed record MoveWork(LeasedOperation Operation, Progress Progress, TenantPlacement Tenant, OtherDatabase Other, long Started)
{
    /// <summary>What the tenant has beside its database; null where that stays.</summary>
    public ContentMove? Content { get; init; }
}
