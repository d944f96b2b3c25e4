using System.Text;
using System.Text.Json;
using Freehold.Sql;
using Freehold.Tenants;
using Npgsql;

namespace Freehold.Provisioning;

/// <summary>
/// Seals every stored database password of this region under the newest credential key. Goes by what is still sealed under another, so it goes on
/// where it stopped, and a value that changes meanwhile is left to whoever changed it.
/// </summary>
public sealed class RotateKeys(
    CatalogDatabase catalog,
    OperationStore operations,
    OperationLeases leases,
    CredentialCipher cipher,
    Regions regions,
    TimeProvider time)
{
    private const int BatchSize = 100;

    private const string OfThisRegion = "tenant_uid in (select uid from catalog.tenants where region = $3)";

    // During a move between regions a tenant has a project in each, and each password is sealed by the region of its project.
    private const string OfThisRegionsProjects =
        """
        coalesce(
            (select coalesce(m.region, t.region) from catalog.moves m join catalog.tenants t on t.uid = m.tenant_uid
                where m.database_name = neon_projects.database_name),
            (select t.region from catalog.tenants t where t.uid = neon_projects.tenant_uid),
            (select s.region from catalog.spare_databases s where s.uid = neon_projects.tenant_uid)) = $3
        """;

    // Tenants last: what waits in the others becomes a tenant's, and never the other way round.
    private static readonly (string Table, string Uid, string IsHere)[] Places =
    [
        ("catalog.spare_databases", "uid", "region = $3"),
        ("catalog.database_roles", "tenant_uid", OfThisRegion),
        ("catalog.neon_projects", "tenant_uid", OfThisRegionsProjects),
        ("catalog.moves", "tenant_uid", "coalesce(region, (select t.region from catalog.tenants t where t.uid = tenant_uid)) = $3"),
        ("catalog.tenants", "uid", "region = $3"),
    ];

    /// <summary>Writes the intent.</summary>
    /// <returns>The operation, to be woken.</returns>
    public async Task<Guid> StartAsync(Caller caller, CancellationToken cancellationToken)
    {
        byte[] requestHash = OperationStore.Hash(OperationKinds.RotateKeys, cipher.SealingKeyId, regions.Here);
        if (await operations.FindEarlierAsync(caller.IdempotencyKey, requestHash, cancellationToken) is { } earlier)
        {
            return earlier.Id;
        }

        DateTimeOffset now = time.GetUtcNow();
        Guid id = Guid.CreateVersion7(now);
        await using NpgsqlBatch batch = catalog.Batch();
        batch.Add(
                """
                insert into catalog.operations (id, kind, state, step, next_attempt_at, idempotency_key, request_hash, created_at, region)
                values ($1, $2, 'queued', 'start', now(), $3, $4, $5, $6)
                """)
            .With(id).With(OperationKinds.RotateKeys).With(caller.IdempotencyKey).With(requestHash).With(now).With(regions.Here);
        AuditLog.Add(batch, caller, "keys-rotated", null, null, $"to {cipher.SealingKeyId}");
        try
        {
            await batch.ExecuteNonQueryAsync(cancellationToken);
        }
        catch (PostgresException exception) when (exception.SqlState == PostgresErrorCodes.UniqueViolation)
        {
            // The same request at the same time.
            return (await operations.FindEarlierAsync(caller.IdempotencyKey, requestHash, cancellationToken))!.Id;
        }

        return id;
    }

    /// <returns>False when the operation was overtaken.</returns>
    internal async Task<bool> RunAsync(LeasedOperation operation, Progress progress, CancellationToken cancellationToken)
    {
        int done = JsonElement.Parse(operation.Details).TryGetProperty("resealed", out JsonElement earlier) ? earlier.GetInt32() : 0;
        foreach ((string table, string uid, string isHere) in Places)
        {
            progress.Step = table["catalog.".Length..];
            for (int resealed = -1; resealed != 0;)
            {
                resealed = await ResealSomeAsync(table, uid, isHere, cancellationToken);
                done += resealed;
                if (resealed > 0 && !await leases.NoteAsync(operation, progress.Step, $$"""{"resealed": {{done}}}""", cancellationToken))
                {
                    return false;
                }
            }
        }

        return await leases.FinishAsync(operation, "resealed", cancellationToken);
    }

    private async Task<int> ResealSomeAsync(string table, string uid, string isHere, CancellationToken cancellationToken)
    {
        List<Guid> uids = [];
        List<byte[]> before = [];
        await using (NpgsqlCommand command = catalog.Command(
                $"""
                select {uid}, encrypted_password from {table}
                where encrypted_password is not null and ({isHere})
                    and substring(encrypted_password from 2 for get_byte(encrypted_password, 0)) <> $1
                limit $2
                """)
            .With(Encoding.ASCII.GetBytes(cipher.SealingKeyId)).With(BatchSize).With(regions.Here))
        await using (NpgsqlDataReader reader = await command.ExecuteReaderAsync(cancellationToken))
        {
            while (await reader.ReadAsync(cancellationToken))
            {
                uids.Add(reader.GetGuid(0));
                before.Add(reader.GetFieldValue<byte[]>(1));
            }
        }

        byte[][] after = [.. uids.Zip(before, (tenant, sealedPassword) => cipher.Seal(tenant, cipher.Open(tenant, sealedPassword)))];
        await using NpgsqlCommand update = catalog.Command(
                $"""
                update {table} t set encrypted_password = r.after
                from unnest($1, $2, $3) r (uid, before, after)
                where t.{uid} = r.uid and t.encrypted_password = r.before
                """)
            .With(uids.ToArray()).With(before.ToArray()).With(after);
        await update.ExecuteNonQueryAsync(cancellationToken);
        return uids.Count;
    }
}
