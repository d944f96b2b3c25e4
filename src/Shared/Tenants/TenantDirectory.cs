using Microsoft.Extensions.Caching.Memory;
using Microsoft.Extensions.Options;

namespace Freehold.Tenants;

/// <summary>
/// Where tenants are, by uid, remembered for <see cref="TenantsOptions.KeyCacheLifetime"/>, so that a busy tenant costs the
/// catalog one question every few seconds. Names are not remembered: they can be used again, a uid cannot.
/// </summary>
public sealed class TenantDirectory(TenantCatalog catalog, IOptions<TenantsOptions> options) : IDisposable
{
    private const int MostCachedTenants = 20_000;

    private readonly MemoryCache _placements = new(new MemoryCacheOptions { SizeLimit = MostCachedTenants });

    /// <summary>The tenant of that uid, in whatever state, or null.</summary>
    public async Task<TenantPlacement?> FindAsync(Guid uid, CancellationToken cancellationToken) =>
        _placements.TryGetValue(uid, out TenantPlacement? placement) ? placement : await FindAgainAsync(uid, cancellationToken);

    /// <summary>The same, asked of the catalog.</summary>
    public async Task<TenantPlacement?> FindAgainAsync(Guid uid, CancellationToken cancellationToken)
    {
        TenantPlacement? placement = await catalog.FindPlacementAsync(uid, cancellationToken);
        if (placement is not null)
        {
            Remember(placement);
        }

        return placement;
    }

    /// <summary>Notes that the provider refuses the tenant's database for its quota, and until when.</summary>
    internal Task<DateTimeOffset?> NoteOverQuotaAsync(Guid uid, CancellationToken cancellationToken) => catalog.NoteOverQuotaAsync(uid, cancellationToken);

    /// <summary>Notes that it does no longer.</summary>
    internal async Task NoteWithinQuotaAsync(Guid uid, CancellationToken cancellationToken)
    {
        await catalog.NoteWithinQuotaAsync(uid, cancellationToken);
        Forget(uid);
    }

    /// <summary>Forgets a tenant that this host has just changed.</summary>
    public void Forget(Guid uid) => _placements.Remove(uid);

    internal void Remember(TenantPlacement placement) => _placements.Set(
        placement.Uid,
        placement,
        new MemoryCacheEntryOptions { Size = 1, AbsoluteExpirationRelativeToNow = options.Value.KeyCacheLifetime });

    /// <inheritdoc/>
    public void Dispose() => _placements.Dispose();
}
