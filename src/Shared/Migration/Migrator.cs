using Npgsql;

namespace Freehold.Migration;

/// <summary>
/// Brings one database to the newest schema: numbered scripts, each in one transaction with its row in
/// <c>schema_migrations</c>, one migrator at a time. Needs a session, so it takes a direct connection, never a transaction pooler's.
/// </summary>
internal static class Migrator
{
    // Any constant will do: advisory locks are local to a database, and nothing else in these databases takes one.
    private const long LockKey = 4_617_315_517_961_601_024;

    /// <summary>Applies what is missing.</summary>
    /// <returns>The schema version then reached.</returns>
    /// <exception cref="MigrationException">A script that was applied has changed since, or the database is newer than this program.</exception>
    public static async Task<int> MigrateAsync(
        NpgsqlConnection connection, IReadOnlyList<MigrationScript> scripts, CancellationToken cancellationToken)
    {
        await ExecuteAsync(connection, $"select pg_advisory_lock({LockKey})", cancellationToken);
        try
        {
            await ExecuteAsync(
                connection,
                """
                create table if not exists schema_migrations (
                    version integer primary key,
                    name text not null,
                    checksum bytea not null,
                    applied_at timestamptz not null default now())
                """,
                cancellationToken);
            int applied = await CheckAppliedAsync(connection, scripts, cancellationToken);
            foreach (MigrationScript script in scripts.Skip(applied))
            {
                await ApplyAsync(connection, script, cancellationToken);
            }

            return scripts.Count;
        }
        finally
        {
            // The lock must go even when the caller has given up waiting; a broken connection has lost it already.
            if (connection.FullState.HasFlag(System.Data.ConnectionState.Open))
            {
                await ExecuteAsync(connection, $"select pg_advisory_unlock({LockKey})", CancellationToken.None);
            }
        }
    }

    private static async Task<int> CheckAppliedAsync(
        NpgsqlConnection connection, IReadOnlyList<MigrationScript> scripts, CancellationToken cancellationToken)
    {
        await using NpgsqlCommand command = new("select version, name, checksum from schema_migrations order by version", connection);
        await using NpgsqlDataReader reader = await command.ExecuteReaderAsync(cancellationToken);
        int applied = 0;
        while (await reader.ReadAsync(cancellationToken))
        {
            string name = reader.GetString(1);
            if (applied == scripts.Count)
            {
                throw new MigrationException($"The database has the migration {name}, which this program does not know. Deploy a newer one.");
            }

            MigrationScript script = scripts[applied++];
            if (script.Version != reader.GetInt32(0) || !script.Checksum.AsSpan().SequenceEqual(reader.GetFieldValue<byte[]>(2)))
            {
                throw new MigrationException($"The migration {name} was changed after it had been applied. Add a new one instead.");
            }
        }

        return applied;
    }

    private static async Task ApplyAsync(NpgsqlConnection connection, MigrationScript script, CancellationToken cancellationToken)
    {
        await using NpgsqlTransaction transaction = await connection.BeginTransactionAsync(cancellationToken);
        await ExecuteAsync(connection, script.Sql, cancellationToken);
        await using NpgsqlCommand record = new("insert into schema_migrations (version, name, checksum) values ($1, $2, $3)", connection)
        {
            Parameters =
            {
                new NpgsqlParameter<int> { TypedValue = script.Version },
                new NpgsqlParameter<string> { TypedValue = script.Name },
                new NpgsqlParameter<byte[]> { TypedValue = script.Checksum },
            },
        };
        await record.ExecuteNonQueryAsync(cancellationToken);
        await transaction.CommitAsync(cancellationToken);
    }

    private static async Task ExecuteAsync(NpgsqlConnection connection, string sql, CancellationToken cancellationToken)
    {
#pragma warning disable CA2100 // The text is a constant or an embedded file.
        await using NpgsqlCommand command = new(sql, connection);
#pragma warning restore CA2100
        await command.ExecuteNonQueryAsync(cancellationToken);
    }
}

/// <summary>A database cannot be migrated by this program. An operator has to act.</summary>
public sealed class MigrationException(string message) : Exception(message);
