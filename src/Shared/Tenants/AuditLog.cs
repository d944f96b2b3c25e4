using Freehold.Sql;
using Npgsql;

namespace Freehold.Tenants;

/// <summary>Who had what done, append-only. Holds ids and reasons, never a secret, a document's path or its text.</summary>
public sealed class AuditLog(CatalogDatabase catalog)
{
    /// <summary>Adds an entry.</summary>
    public async Task WriteAsync(string action, TenantId? tenant, Guid? tenantUid, string? reason, CancellationToken cancellationToken)
    {
        await using NpgsqlCommand command = catalog
            .Command("insert into catalog.audit (action, tenant_id, tenant_uid, details) values ($1, $2, $3, jsonb_build_object('reason', $4::text))")
            .With(action).With(tenant?.Value).With(tenantUid).With(reason);
        await command.ExecuteNonQueryAsync(cancellationToken);
    }
}
