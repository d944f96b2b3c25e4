using Npgsql;

namespace Freehold.Provisioning.Moves;

/// <summary>
/// Refuses every write to a tenant's database, by a trigger on each of its tables, while searches go on. It stands in the database, so it
/// outlives this process, and holds for hosts that do not know of it. A former database keeps it to its end: nothing is written there late.
/// </summary>
internal static class WritePause
{
    // What a server says that takes no writes; who writes documents takes it for a pause.
    private const string Begin =
        """
        create function refuse_while_moved() returns trigger language plpgsql as
        $f$ begin raise exception 'The database is being moved.' using errcode = 'read_only_sql_transaction'; end $f$;

        do $$ declare paused regclass; begin
            for paused in
                select oid from pg_class where relnamespace = 'public'::regnamespace and relkind = 'r' and relname <> 'schema_migrations' order by oid
            loop
                execute format(
                    'create trigger refuse_while_moved before insert or update or delete or truncate on %s
                        for each statement execute function refuse_while_moved()', paused);
            end loop;
        end $$;
        """;

    private const string End = "drop function if exists refuse_while_moved() cascade";

    /// <summary>Begins the pause, unless there is one. Once it has, every write that had begun is done.</summary>
    /// <exception cref="PostgresException">One takes longer than three seconds.</exception>
    public static async Task BeginAsync(NpgsqlConnection owner, CancellationToken cancellationToken)
    {
        await using NpgsqlCommand find = new("select to_regprocedure('refuse_while_moved()') is not null", owner);
        if (await find.ExecuteScalarAsync(cancellationToken) is not true)
        {
            await RunAsync(owner, Begin, cancellationToken);
        }
    }

    /// <summary>Ends the pause, if there is one.</summary>
    public static Task EndAsync(NpgsqlConnection owner, CancellationToken cancellationToken) => RunAsync(owner, End, cancellationToken);

    private static async Task RunAsync(NpgsqlConnection owner, string sql, CancellationToken cancellationToken)
    {
        await using NpgsqlTransaction transaction = await owner.BeginTransactionAsync(cancellationToken);
#pragma warning disable CA2100 // Constants above.
        await using NpgsqlCommand command = new("set local lock_timeout = '3s';" + sql, owner);
#pragma warning restore CA2100
        await command.ExecuteNonQueryAsync(cancellationToken);
        await transaction.CommitAsync(cancellationToken);
    }
}
