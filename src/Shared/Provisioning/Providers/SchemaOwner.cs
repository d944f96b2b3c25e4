using Freehold.Migration;
using Npgsql;

namespace Freehold.Provisioning.Providers;

/// <summary>
/// What is done in a tenant's database as the owner of its tables, wherever the database is: the roles that hold rights there, and the schema.
/// </summary>
internal sealed class SchemaOwner(IReadOnlyList<MigrationScript> scripts)
{
    /// <summary>Owns the objects in every tenant database; nobody logs in as it.</summary>
    public const string Owner = "freehold_owner";

    /// <summary>Holds the rights on rows; a tenant's runtime role is a member, and may connect to its own database only.</summary>
    public const string Runtime = "freehold_runtime";

    /// <summary>Holds the right to read; roles of tenants' own are members, each with the right to connect to its own database only.</summary>
    public const string Reader = "freehold_reader";

    // PostgreSQL lets every role that may connect write large objects. Where the operator's role does not own these functions (a
    // managed server), this warns and changes nothing; of one that it may not even call it would be an error.
    private const string WithoutLargeObjects =
        """
        do $$ declare f regprocedure; begin
            for f in select oid::regprocedure from pg_proc
                where pronamespace = 'pg_catalog'::regnamespace and proname in ('lo_creat', 'lo_create', 'lo_from_bytea', 'lo_import')
                    and has_function_privilege('public', oid, 'execute')
            loop
                execute format('revoke execute on function %s from public', f);
            end loop;
        end $$;
        """;

    // Whoever waits for a lock keeps everyone behind it waiting. What does not get it in this time is tried again later.
    private const string LongestLock = "10s";

    /// <summary>The newest schema.</summary>
    public int SchemaVersion => scripts.Count;

    /// <summary>A short name for exactly this schema.</summary>
    public string Fingerprint { get; } = MigrationScripts.Fingerprint(scripts);

    /// <summary>Makes the roles that nobody logs in as, if they are not there.</summary>
    public static async Task MakeRolesAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        foreach (string role in (string[])[Owner, Runtime, Reader])
        {
            await ExecuteAsync(
                connection,
                $"""
                do $$ begin
                    if not exists (select from pg_roles where rolname = '{role}') then create role {role} nologin; end if;
                exception when duplicate_object or unique_violation then null;
                end $$
                """,
                cancellationToken);
        }
    }

    /// <summary>Brings a database to the newest schema.</summary>
    /// <returns>The version then reached.</returns>
    public async Task<int> MigrateAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        await ExecuteAsync(
            connection,
            $"""
            create extension if not exists vector;
            grant {Owner} to current_user;
            grant create, usage on schema public to {Owner};
            {WithoutLargeObjects}
            set role {Owner};
            set lock_timeout = '{LongestLock}';
            """,
            cancellationToken);
        return await Migrator.MigrateAsync(connection, scripts, cancellationToken);
    }

    /// <summary>Has a connection work as the owner of the tables.</summary>
    public static Task BecomeOwnerAsync(NpgsqlConnection connection, CancellationToken cancellationToken) =>
        ExecuteAsync(connection, $"set role {Owner}", cancellationToken);

    private static async Task ExecuteAsync(NpgsqlConnection connection, string sql, CancellationToken cancellationToken)
    {
#pragma warning disable CA2100 // Constants above.
        await using NpgsqlCommand command = new(sql, connection);
#pragma warning restore CA2100
        await command.ExecuteNonQueryAsync(cancellationToken);
    }
}
