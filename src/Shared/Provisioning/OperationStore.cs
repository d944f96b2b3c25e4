using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Freehold.Sql;
using Freehold.Tenants;
using Microsoft.Extensions.Options;
using Npgsql;

namespace Freehold.Provisioning;

/// <summary>
/// Operations in the catalog. Whoever works on one holds its lease; a lease that lapses makes the operation due again, and what
/// its former holder then writes changes nothing.
/// </summary>
public sealed class OperationStore(CatalogDatabase catalog, IOptions<ProvisioningOptions> options)
{
    private const int MaxIdempotencyKeyLength = 200;
    private const string Columns = "id, kind, tenant_id, state, step, attempts, next_attempt_at, failure, created_at, finished_at";

    /// <summary>The operation of that id, or null.</summary>
    public async Task<Operation?> FindAsync(Guid id, CancellationToken cancellationToken)
    {
        await using NpgsqlCommand command = catalog.Command($"select {Columns} from catalog.operations where id = $1").With(id);
        await using NpgsqlDataReader reader = await command.ExecuteReaderAsync(cancellationToken);
        return await reader.ReadAsync(cancellationToken) ? Read(reader) : null;
    }

    /// <summary>The operation that an earlier request made with the same key, or null.</summary>
    /// <exception cref="ImpossibleRequestException">The earlier request was another.</exception>
    internal async Task<Operation?> FindEarlierAsync(string? idempotencyKey, byte[] requestHash, CancellationToken cancellationToken)
    {
        if (idempotencyKey is null)
        {
            return null;
        }

        if (idempotencyKey.Length is 0 or > MaxIdempotencyKeyLength)
        {
            throw new InvalidInputException("invalid-idempotency-key", $"An idempotency key has 1 to {MaxIdempotencyKeyLength} characters.");
        }

        await using NpgsqlCommand command = catalog
            .Command($"select {Columns}, request_hash from catalog.operations where idempotency_key = $1").With(idempotencyKey);
        await using NpgsqlDataReader reader = await command.ExecuteReaderAsync(cancellationToken);
        if (!await reader.ReadAsync(cancellationToken))
        {
            return null;
        }

        return requestHash.AsSpan().SequenceEqual(reader.GetFieldValue<byte[]>(10))
            ? Read(reader)
            : throw new ImpossibleRequestException("idempotency-key-reused", "This idempotency key was used with another request. Choose a new one.");
    }

    /// <summary>What of a request must be the same for its idempotency key to mean the same.</summary>
    internal static byte[] Hash(string kind, params string?[] members) =>
        SHA256.HashData(Encoding.UTF8.GetBytes(JsonSerializer.Serialize<string?[]>([kind, .. members])));

    /// <summary>Takes the lease of an operation that is due; null when it is not.</summary>
    internal async Task<LeasedOperation?> LeaseAsync(Guid id, CancellationToken cancellationToken)
    {
        Guid lease = Guid.NewGuid();
        await using NpgsqlCommand command = catalog.Command(
                """
                update catalog.operations o
                set state = 'running', lease = $2, attempts = o.attempts + 1, next_attempt_at = now() + $3
                from catalog.tenants t
                where o.id = $1 and t.uid = o.tenant_uid and o.state in ('queued', 'running') and o.next_attempt_at <= now()
                returning o.kind, o.attempts, t.uid, t.id, t.database_name, t.role_name, t.encrypted_password
                """)
            .With(id).With(lease).With(options.Value.Lease);
        await using NpgsqlDataReader reader = await command.ExecuteReaderAsync(cancellationToken);
        return await reader.ReadAsync(cancellationToken)
            ? new LeasedOperation(
                id,
                reader.GetString(0),
                lease,
                reader.GetInt32(1),
                reader.GetGuid(2),
                reader.GetString(3),
                reader.Optional<string>(4),
                reader.Optional<string>(5),
                reader.Optional<byte[]>(6))
            : null;
    }

    /// <summary>Records a failed attempt: due again at a later time, or failed for good.</summary>
    internal async Task RecordFailureAsync(LeasedOperation operation, string step, string failure, CancellationToken cancellationToken)
    {
        // A deletion is never given up: what is left of a tenant has to go, however long a server is away.
        bool final = operation.Kind == OperationKinds.Provision && operation.Attempts >= options.Value.MaxAttempts;
        await using NpgsqlBatch batch = catalog.Batch();
        batch.Add(
                """
                update catalog.operations
                set state = case when $3 then 'failed' else 'queued' end, step = $4, failure = $5, lease = null, woken_at = null,
                    next_attempt_at = case when $3 then null else now() + $6 end, finished_at = case when $3 then now() end
                where id = $1 and lease = $2
                """)
            .With(operation.Id).With(operation.Lease).With(final).With(step).With(failure).With(Backoff(operation.Attempts));
        if (final)
        {
            batch.Add("update catalog.tenants set state = 'failed', failure = $2 where uid = $1 and state = 'provisioning'")
                .With(operation.TenantUid).With(failure);
        }

        await batch.ExecuteNonQueryAsync(cancellationToken);
    }

    /// <summary>Gives an unfinished operation back, due at once.</summary>
    internal async Task ReleaseAsync(LeasedOperation operation, CancellationToken cancellationToken)
    {
        await using NpgsqlCommand command = catalog.Command(
                """
                update catalog.operations set state = 'queued', lease = null, next_attempt_at = now(), attempts = attempts - 1
                where id = $1 and lease = $2
                """)
            .With(operation.Id).With(operation.Lease);
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    /// <summary>Operations that have been due for a while without anyone taking them, marked as woken now.</summary>
    internal async Task<IReadOnlyList<Guid>> TakeForgottenAsync(TimeSpan patience, int limit, CancellationToken cancellationToken)
    {
        await using NpgsqlCommand command = catalog.Command(
                """
                update catalog.operations set woken_at = now()
                where id in (
                    select id from catalog.operations
                    where state in ('queued', 'running') and next_attempt_at <= now()
                        and greatest(woken_at, created_at) < now() - $1
                    order by next_attempt_at limit $2)
                returning id
                """)
            .With(patience).With(limit);
        await using NpgsqlDataReader reader = await command.ExecuteReaderAsync(cancellationToken);
        List<Guid> ids = [];
        while (await reader.ReadAsync(cancellationToken))
        {
            ids.Add(reader.GetGuid(0));
        }

        return ids;
    }

    private TimeSpan Backoff(int attempts)
    {
        double factor = Math.Pow(2, Math.Min(attempts - 1, 30));
        TimeSpan backoff = options.Value.FirstBackoff * factor;
        return backoff < options.Value.MaxBackoff ? backoff : options.Value.MaxBackoff;
    }

    private static Operation Read(NpgsqlDataReader reader) => new(
        reader.GetGuid(0),
        reader.GetString(1),
        reader.GetString(2),
        reader.GetString(3),
        reader.GetString(4),
        reader.GetInt32(5),
        reader.Optional<DateTimeOffset?>(6),
        reader.Optional<string>(7),
        reader.GetFieldValue<DateTimeOffset>(8),
        reader.Optional<DateTimeOffset?>(9));
}
