using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Freehold.Sql;
using Freehold.Tenants;
using Npgsql;

namespace Freehold.Provisioning;

/// <summary>Which operations are wanted; newest first, those before one.</summary>
public sealed record OperationQuery(string? State, TenantId? Tenant, Guid? Before, int Limit);

/// <summary>Operations as operators see them, and the keys that make a request one and the same.</summary>
public sealed class OperationStore(CatalogDatabase catalog, Regions regions, TimeProvider time)
{
    private const int MaxIdempotencyKeyLength = 200;

    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(0.2);

    private const string Columns =
        "id, kind, tenant_id, state, step, attempts, next_attempt_at, failure, created_at, finished_at, nullif(details, '{}')::text";

    /// <summary>The operation of that id, or null.</summary>
    public async Task<Operation?> FindAsync(Guid id, CancellationToken cancellationToken)
    {
        await using NpgsqlCommand command = catalog.Command($"select {Columns} from catalog.operations where id = $1").With(id);
        await using NpgsqlDataReader reader = await command.ExecuteReaderAsync(cancellationToken);
        return await reader.ReadAsync(cancellationToken) ? Read(reader) : null;
    }

    /// <summary>Operations, newest first.</summary>
    public async Task<IReadOnlyList<Operation>> ListAsync(OperationQuery query, CancellationToken cancellationToken)
    {
        if (query.State is not null && !OperationStates.All.Contains(query.State))
        {
            throw new InvalidInputException("unknown-operation-state", $"States of operations are {string.Join(", ", OperationStates.All)}.");
        }

        await using NpgsqlCommand command = catalog.Command(
                $"""
                select {Columns} from catalog.operations
                where ($1::text is null or state = $1) and ($2::text is null or tenant_id = $2) and ($3::uuid is null or id < $3)
                order by id desc limit $4
                """)
            .With(query.State).With(query.Tenant?.Value).With(query.Before).With(query.Limit);
        await using NpgsqlDataReader reader = await command.ExecuteReaderAsync(cancellationToken);
        List<Operation> operations = [];
        while (await reader.ReadAsync(cancellationToken))
        {
            operations.Add(Read(reader));
        }

        return operations;
    }

    /// <summary>The operation that an earlier request made with the same key, or null.</summary>
    /// <exception cref="ImpossibleRequestException">The earlier request was another.</exception>
    internal async Task<Operation?> FindEarlierAsync(string? idempotencyKey, byte[] requestHash, CancellationToken cancellationToken)
    {
        if (idempotencyKey is null)
        {
            return null;
        }

        if (idempotencyKey.Length is 0 or > MaxIdempotencyKeyLength || idempotencyKey.Any(char.IsControl))
        {
            throw new InvalidInputException(
                "invalid-idempotency-key", $"An idempotency key has 1 to {MaxIdempotencyKeyLength} characters, and no control characters.");
        }

        await using NpgsqlCommand command = catalog
            .Command($"select {Columns}, request_hash from catalog.operations where idempotency_key = $1").With(idempotencyKey);
        await using NpgsqlDataReader reader = await command.ExecuteReaderAsync(cancellationToken);
        if (!await reader.ReadAsync(cancellationToken))
        {
            return null;
        }

        return requestHash.AsSpan().SequenceEqual(reader.GetFieldValue<byte[]>(11))
            ? Read(reader)
            : throw new ImpossibleRequestException("idempotency-key-reused", "This idempotency key was used with another request. Choose a new one.");
    }

    /// <summary>Waits for an operation that another region's host carries out.</summary>
    /// <returns>Whether it is done.</returns>
    internal async Task<bool> WaitAsync(Guid id, TimeSpan patience, CancellationToken cancellationToken)
    {
        long started = time.GetTimestamp();
        Operation? operation = await FindAsync(id, cancellationToken);
        while (operation is { FinishedAt: null } && time.GetElapsedTime(started) < patience)
        {
            await Task.Delay(Pause, time, cancellationToken);
            operation = await FindAsync(id, cancellationToken);
        }

        return operation?.State == OperationStates.Done;
    }

    /// <summary>Has the outcome of an operation that is under way, or is about to be, told to another caller who waits for it.</summary>
    internal async Task ReplyToAsync(Guid id, Caller caller, CancellationToken cancellationToken)
    {
        if (caller.ReplyTo is null)
        {
            return;
        }

        await using NpgsqlCommand command = catalog.Command(
                """
                update catalog.operations
                set reply_to = $2, replied_at = null, region = $4, details = details || jsonb_strip_nulls(jsonb_build_object('replyKey', $3::text))
                where id = $1
                """)
            .With(id).With(caller.ReplyTo).With(caller.IdempotencyKey).With(regions.Here);
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    /// <summary>What of a request must be the same for its idempotency key to mean the same.</summary>
    internal static byte[] Hash(string kind, params string?[] members) =>
        SHA256.HashData(Encoding.UTF8.GetBytes(JsonSerializer.Serialize<string?[]>([kind, .. members])));

    private static Operation Read(NpgsqlDataReader reader) => new(
        reader.GetGuid(0),
        reader.GetString(1),
        reader.Optional<string>(2),
        reader.GetString(3),
        reader.GetString(4),
        reader.GetInt32(5),
        reader.Optional<DateTimeOffset?>(6),
        reader.Optional<string>(7),
        reader.GetFieldValue<DateTimeOffset>(8),
        reader.Optional<DateTimeOffset?>(9),
        reader.Optional<string>(10) is { } details ? JsonElement.Parse(details) : null);
}
