using System.Text.Json;
using Freehold.Sql;
using Npgsql;

namespace Freehold.Tenants;

/// <summary>One entry of the audit.</summary>
public sealed record AuditEntry(long Id, DateTimeOffset At, string Actor, string Action, string? Tenant, JsonElement Details);

/// <summary>Which entries of the audit are wanted; newest first, those before an id.</summary>
public sealed record AuditQuery(TenantId? Tenant, DateTimeOffset? From, DateTimeOffset? To, long? Before, int Limit);

/// <summary>
/// Who had what done. The database refuses to change or remove an entry. Holds ids and reasons, never a secret, a document's
/// path or its text.
/// </summary>
public sealed class AuditLog(CatalogDatabase catalog)
{
    private const string Insert =
        "insert into catalog.audit (actor, action, tenant_id, tenant_uid, details) values ($1, $2, $3, $4, jsonb_strip_nulls(jsonb_build_object('reason', $5::text)))";

    /// <summary>Adds an entry.</summary>
    public async Task WriteAsync(
        Caller caller, string action, TenantId? tenant, Guid? tenantUid, string? reason, CancellationToken cancellationToken)
    {
        await using NpgsqlBatch batch = catalog.Batch();
        Add(batch, caller, action, tenant, tenantUid, reason);
        await batch.ExecuteNonQueryAsync(cancellationToken);
    }

    /// <summary>Entries, newest first.</summary>
    public async Task<IReadOnlyList<AuditEntry>> ListAsync(AuditQuery query, CancellationToken cancellationToken)
    {
        await using NpgsqlCommand command = catalog.Command(
                """
                select id, at, actor, action, tenant_id, details::text from catalog.audit
                where ($1::text is null or tenant_id = $1) and ($2::timestamptz is null or at >= $2) and ($3::timestamptz is null or at < $3)
                    and ($4::bigint is null or id < $4)
                order by id desc limit $5
                """)
            .With(query.Tenant?.Value).With(query.From?.ToUniversalTime()).With(query.To?.ToUniversalTime()).With(query.Before).With(query.Limit);
        await using NpgsqlDataReader reader = await command.ExecuteReaderAsync(cancellationToken);
        List<AuditEntry> entries = [];
        while (await reader.ReadAsync(cancellationToken))
        {
            entries.Add(new AuditEntry(
                reader.GetInt64(0),
                reader.GetFieldValue<DateTimeOffset>(1),
                reader.GetString(2),
                reader.GetString(3),
                reader.Optional<string>(4),
                JsonElement.Parse(reader.GetString(5))));
        }

        return entries;
    }

    /// <summary>Adds an entry in the transaction of what it speaks of.</summary>
    internal static void Add(NpgsqlBatch batch, Caller caller, string action, TenantId? tenant, Guid? tenantUid, string? reason) =>
        batch.Add(Insert).With(caller.Name).With(action).With(tenant?.Value).With(tenantUid).With(reason);
}
