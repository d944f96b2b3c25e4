using Microsoft.Extensions.Caching.Memory;
using Microsoft.Extensions.Options;

namespace Freehold.Tenants;

/// <summary>
/// Where tenants are, by uid, remembered for <see cref="TenantsOptions.KeyCacheLifetime"/>, so that a busy tenant costs the
/// catalog one question every few seconds.
/// </summary>
public sealed class TenantDirectory(TenantCatalog catalog, IOptions<TenantsOptions> options) : IDisposable
{
    private const int MostCachedTenants = 20_000;

    private readonly MemoryCache _placements = new(new MemoryCacheOptions { SizeLimit = MostCachedTenants });

    /// <summary>The tenant of that uid, in whatever state, or null.</summary>
    public Task<TenantPlacement?> FindAsync(Guid uid, CancellationToken cancellationToken) =>
        FindAsync(uid, catalog.FindPlacementAsync, cancellationToken);

    /// <summary>The tenant of that name that is not deleted, or null.</summary>
    public Task<TenantPlacement?> FindAsync(TenantId id, CancellationToken cancellationToken) =>
        FindAsync(id, catalog.FindPlacementAsync, cancellationToken);

    /// <summary>Forgets a tenant whose state this host has just changed.</summary>
    public void Forget(Guid uid, TenantId id)
    {
        _placements.Remove(uid);
        _placements.Remove(id);
    }

    internal void Remember(TenantPlacement placement)
    {
        MemoryCacheEntryOptions entry = new() { Size = 1, AbsoluteExpirationRelativeToNow = options.Value.KeyCacheLifetime };
        _placements.Set(placement.Uid, placement, entry);
        if (placement.State != TenantState.Deleted)
        {
            _placements.Set(placement.Id, placement, entry);
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _placements.Dispose();

    private async Task<TenantPlacement?> FindAsync<TKey>(
        TKey key, Func<TKey, CancellationToken, Task<TenantPlacement?>> ask, CancellationToken cancellationToken)
        where TKey : struct
    {
        if (!_placements.TryGetValue(key, out TenantPlacement? placement))
        {
            placement = await ask(key, cancellationToken);
            if (placement is not null)
            {
                Remember(placement);
            }
        }

        return placement;
    }
}
