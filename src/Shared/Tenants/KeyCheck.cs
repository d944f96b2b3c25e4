using System.Security.Cryptography;
using Microsoft.Extensions.Caching.Memory;
using Microsoft.Extensions.Options;

namespace Freehold.Tenants;

/// <summary>
/// Says who is calling. A good key costs one round trip to the catalog, and then none for
/// <see cref="TenantsOptions.KeyCacheLifetime"/>. A tenant's key is compared with the route's tenant before anything is looked up
/// for that tenant, so another's tenant looks like one that does not exist.
/// </summary>
public sealed class KeyCheck(
    TenantCatalog catalog, TenantDirectory directory, Regions regions, KeyUse uses, IOptions<TenantsOptions> options, TimeProvider time) : IDisposable
{
    private const int MostCachedKeys = 100_000;

    private readonly MemoryCache _grants = new(new MemoryCacheOptions { SizeLimit = MostCachedKeys });
    private readonly byte[] _adminHash = Convert.FromHexString(options.Value.AdminKeySha256);

    /// <summary>Lets the operator's key pass and refuses every other.</summary>
    /// <param name="authorization">The Authorization header.</param>
    /// <param name="cancellationToken">Stops waiting for the catalog.</param>
    public async Task RequireAdminAsync(string? authorization, CancellationToken cancellationToken)
    {
        string key = BearerToken(authorization);
        byte[] hash = KeyText.Hash(key);
        if (!IsAdmin(hash))
        {
            await FindGrantAsync(key, hash, cancellationToken);
            throw new MissingScopeException("admin");
        }
    }

    /// <summary>The tenant that the key opens, if it is the route's, has the scope and the tenant serves.</summary>
    /// <param name="authorization">The Authorization header.</param>
    /// <param name="routeTenant">The tenant's id in the route, unchecked.</param>
    /// <param name="scope">One of <see cref="Scopes"/>.</param>
    /// <param name="cancellationToken">Stops waiting for the catalog.</param>
    /// <exception cref="MisdirectedRegionException">Another region's hosts serve the tenant.</exception>
    public async Task<TenantPlacement> RequireTenantAsync(
        string? authorization, string? routeTenant, string scope, CancellationToken cancellationToken)
    {
        string key = BearerToken(authorization);
        byte[] hash = KeyText.Hash(key);
        TenantPlacement placement = IsAdmin(hash)
            ? await FindForAdminAsync(routeTenant, cancellationToken)
            : await FindForTenantAsync(key, hash, routeTenant, scope, cancellationToken);
        regions.RequireHere(placement.Region);
        return placement.State == TenantState.Active ? placement : throw new TenantNotReadyException(placement.State);
    }

    /// <summary>Forgets a revoked key at once.</summary>
    internal void Forget(string prefix) => _grants.Remove(prefix);

    /// <inheritdoc/>
    public void Dispose() => _grants.Dispose();

    private static string BearerToken(string? authorization) =>
        authorization is not null && authorization.StartsWith("Bearer ", StringComparison.OrdinalIgnoreCase)
            ? authorization["Bearer ".Length..].Trim()
            : throw new UnknownKeyException();

    private bool IsAdmin(byte[] hash) => CryptographicOperations.FixedTimeEquals(hash, _adminHash);

    private async Task<TenantPlacement> FindForAdminAsync(string? routeTenant, CancellationToken cancellationToken)
    {
        if (!options.Value.AdminMayUseTenantRoutes)
        {
            throw new AdminKeyRefusedException();
        }

        return await catalog.FindPlacementAsync(TenantId.Parse(routeTenant), cancellationToken) ?? throw new TenantNotFoundException();
    }

    private async Task<TenantPlacement> FindForTenantAsync(
        string key, byte[] hash, string? routeTenant, string scope, CancellationToken cancellationToken)
    {
        ApiKeyGrant grant = await FindGrantAsync(key, hash, cancellationToken);
        if (!string.Equals(routeTenant, grant.Tenant.Value, StringComparison.Ordinal))
        {
            throw new TenantNotFoundException();
        }

        if (!grant.Scopes.Contains(scope))
        {
            throw new MissingScopeException(scope);
        }

        TenantPlacement? placement = await directory.FindAsync(grant.TenantUid, cancellationToken);
        if (placement is not null && placement.Region != regions.Here)
        {
            // It may have come here since: nobody is sent away by memory, or two regions would send him to and fro.
            placement = await directory.FindAgainAsync(grant.TenantUid, cancellationToken);
        }

        // A key of an erased tenant is a key of nobody, even while this host remembers it.
        return placement is { State: not TenantState.Deleted } ? placement : throw new UnknownKeyException();
    }

    private async Task<ApiKeyGrant> FindGrantAsync(string key, byte[] hash, CancellationToken cancellationToken)
    {
        string prefix = KeyText.Prefix(key) ?? throw new UnknownKeyException();
        if (!_grants.TryGetValue(prefix, out ApiKeyGrant? grant))
        {
            var found = await catalog.FindKeyAsync(prefix, cancellationToken);
            grant = found?.Grant;
            if (found is not null)
            {
                directory.Remember(found.Value.Placement);
            }

            // What is not a key is remembered too, so that guessing does not become load on the catalog.
            _grants.Set(prefix, grant, new MemoryCacheEntryOptions
            {
                Size = 1,
                AbsoluteExpirationRelativeToNow = options.Value.KeyCacheLifetime,
            });
        }

        bool isGood = grant is not null
            && CryptographicOperations.FixedTimeEquals(hash, grant.Hash)
            && (grant.ExpiresAt is null || grant.ExpiresAt > time.GetUtcNow());
        if (!isGood)
        {
            throw new UnknownKeyException();
        }

        uses.Note(grant!.Id);
        return grant;
    }
}

/// <summary>Operators do not read tenants' documents unless the configuration lets them.</summary>
public sealed class AdminKeyRefusedException() : RefusalException(
    RefusalKind.Forbidden, "admin-key-refused", "The admin key does not open tenants' documents here. Use a key of the tenant.");
