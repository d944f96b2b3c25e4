using Freehold.Sql;
using Npgsql;

namespace Freehold.Tenants;

/// <summary>Makes, lists and revokes tenants' keys.</summary>
public sealed class ApiKeys(CatalogDatabase catalog, TenantCatalog tenants, KeyCheck keyCheck, AuditLog audit, TimeProvider time)
{
    private const int MaxNameLength = 100;

    /// <summary>Makes a key. Its secret is in this answer alone.</summary>
    public async Task<ApiKey> CreateAsync(
        TenantId tenantId,
        string? name,
        IReadOnlyList<string>? scopes,
        DateTimeOffset? expiresAt,
        CancellationToken cancellationToken)
    {
        DateTimeOffset now = time.GetUtcNow();
        Check(name, scopes, expiresAt, now);
        Tenant tenant = await tenants.FindAsync(tenantId, cancellationToken) ?? throw new TenantNotFoundException();
        if (tenant.State == TenantState.Deleting)
        {
            throw new TenantNotReadyException(tenant.State);
        }

        string secret = KeyText.Generate();
        ApiKey key = new(
            Guid.CreateVersion7(now), name!, KeyText.Prefix(secret)!, scopes is { Count: > 0 } ? scopes : Scopes.All, now, expiresAt, secret);
        await using NpgsqlBatch batch = catalog.Batch();
        batch.Add(
                """
                insert into catalog.api_keys (id, tenant_uid, name, prefix, hash, scopes, created_at, expires_at)
                values ($1, $2, $3, $4, $5, $6, $7, $8)
                """)
            .With(key.Id).With(tenant.Uid).With(key.Name).With(key.Prefix).With(KeyText.Hash(secret))
            .With(key.Scopes.ToArray()).With(key.CreatedAt).With(key.ExpiresAt?.ToUniversalTime());
        AuditLog.Add(batch, Caller.Admin(), "key-created", tenant.Id, tenant.Uid, $"key {key.Id}");
        await batch.ExecuteNonQueryAsync(cancellationToken);
        return key;
    }

    /// <summary>Keys that are not revoked, oldest first.</summary>
    public async Task<IReadOnlyList<ApiKey>> ListAsync(TenantId tenantId, CancellationToken cancellationToken)
    {
        Tenant tenant = await tenants.FindAsync(tenantId, cancellationToken) ?? throw new TenantNotFoundException();
        await using NpgsqlCommand command = catalog.Command(
                """
                select id, name, prefix, scopes, created_at, expires_at, last_used_at from catalog.api_keys
                where tenant_uid = $1 and revoked_at is null order by id
                """)
            .With(tenant.Uid);
        await using NpgsqlDataReader reader = await command.ExecuteReaderAsync(cancellationToken);
        List<ApiKey> keys = [];
        while (await reader.ReadAsync(cancellationToken))
        {
            keys.Add(new ApiKey(
                reader.GetGuid(0),
                reader.GetString(1),
                reader.GetString(2),
                reader.GetFieldValue<string[]>(3),
                reader.GetFieldValue<DateTimeOffset>(4),
                reader.Optional<DateTimeOffset?>(5),
                LastUsedAt: reader.Optional<DateTimeOffset?>(6)));
        }

        return keys;
    }

    /// <summary>Revokes a key: at once on this host, within <see cref="TenantsOptions.KeyCacheLifetime"/> on others.</summary>
    public async Task RevokeAsync(TenantId tenantId, Guid keyId, CancellationToken cancellationToken)
    {
        Tenant tenant = await tenants.FindAsync(tenantId, cancellationToken) ?? throw new TenantNotFoundException();
        await using NpgsqlCommand command = catalog.Command(
                "update catalog.api_keys set revoked_at = now() where id = $1 and tenant_uid = $2 and revoked_at is null returning prefix")
            .With(keyId).With(tenant.Uid);
        if (await command.ExecuteScalarAsync(cancellationToken) is not string prefix)
        {
            throw new KeyNotFoundRefusalException();
        }

        keyCheck.Forget(prefix);
        await audit.WriteAsync(Caller.Admin(), "key-revoked", tenant.Id, tenant.Uid, $"key {keyId}", cancellationToken);
    }

    private static void Check(string? name, IReadOnlyList<string>? scopes, DateTimeOffset? expiresAt, DateTimeOffset now)
    {
        if (string.IsNullOrWhiteSpace(name) || name.Length > MaxNameLength)
        {
            throw new InvalidInputException("invalid-key-name", $"A key needs a name of 1 to {MaxNameLength} characters.");
        }

        if (scopes?.Any(scope => !Scopes.All.Contains(scope)) == true)
        {
            throw new InvalidInputException("unknown-scope", $"Scopes are {string.Join(", ", Scopes.All)}.");
        }

        if (expiresAt <= now)
        {
            throw new ImpossibleRequestException("key-already-expired", "The key would be expired already. Give a time to come, or none.");
        }
    }
}

/// <summary>The tenant has no such key, or it is revoked already.</summary>
public sealed class KeyNotFoundRefusalException() : RefusalException(
    RefusalKind.NotFound, "key-not-found", "This tenant has no such key, or it is revoked already.");
