using Freehold.Ai;
using Freehold.Postgres;
using Freehold.Provisioning.Providers;
using Freehold.Sql;
using Freehold.Tenants;
using Npgsql;

namespace Freehold.Provisioning.ModelChange;

/// <summary>A passage that the next model has not embedded yet.</summary>
internal sealed record MissingChunk(long Id, string Heading, string Content);

/// <summary>How far a tenant's database has come.</summary>
/// <param name="Held">The model whose vectors are searched.</param>
/// <param name="Total">Passages.</param>
/// <param name="Done">Vectors of the next model.</param>
/// <param name="Last">The passage that the newest of those belongs to.</param>
internal sealed record NextState(string Held, long Total = 0, long Done = 0, long Last = 0);

/// <summary>What became of a switch.</summary>
internal enum SwitchOutcome
{
    /// <summary>The next model is the tenant's.</summary>
    Switched,

    /// <summary>Passages have come that it has not embedded.</summary>
    Incomplete,

    /// <summary>Somebody reads or publishes for long. Nobody else is to wait for that.</summary>
    Busy,
}

/// <summary>
/// Vectors of a tenant's next model, beside those that are searched, until all are there. Tables are made and switched as their owner,
/// on a direct connection; rows come and go on the tenant's own.
/// </summary>
public sealed class NextEmbeddings(DatabaseProviders providers, TenantDataSources dataSources)
{
    private const string Create =
        """
        drop table if exists embeddings_next;
        create table embeddings_next (id bigint primary key, embedding halfvec({0}) not null);
        alter table embeddings_next alter column embedding set storage plain;
        grant select, insert, update, delete on embeddings_next to freehold_runtime;
        grant select on embeddings_next to freehold_reader;
        """;

    // In one transaction. Those that waited for embeddings of the former model are embedded anew.
    private const string Switch =
        """
        delete from embeddings_next n where not exists (select from chunks c where c.id = n.id);
        alter table staged_chunks drop column embedding, add column embedding halfvec({0});
        drop table embeddings;
        alter table embeddings_next rename to embeddings;
        alter index embeddings_next_pkey rename to embeddings_pkey;
        alter index if exists embeddings_next_near rename to embeddings_near;
        """;

    /// <summary>Makes room for the vectors of a model; or takes it away, when the database holds those already.</summary>
    internal async Task<NextState> PrepareAsync(TenantPlacement tenant, EmbeddingModel model, CancellationToken cancellationToken)
    {
        await using NpgsqlConnection owner = await providers.Of(tenant.Provider).OpenAsOwnerAsync(tenant.Database!, cancellationToken);
        await using NpgsqlTransaction transaction = await owner.BeginTransactionAsync(cancellationToken);
        await ExecuteAsync(owner, "set local lock_timeout = '3s'", cancellationToken);
        await ExecuteAsync(owner, $"select {ModelSwitch.Changer}", cancellationToken);
        (string held, string? next) = await FindModelsAsync(owner, cancellationToken);
        if (held == model.Id)
        {
            await ExecuteAsync(owner, "drop table if exists embeddings_next; update settings set next_model = null, held_until = null", cancellationToken);
        }
        else if (next != model.Id)
        {
            await ExecuteAsync(owner, Create.Replace("{0}", $"{model.Dimensions}", StringComparison.Ordinal), cancellationToken);
            await ExecuteAsync(owner, "update settings set next_model = $1, held_until = null", cancellationToken, model.Id);
        }

        await transaction.CommitAsync(cancellationToken);
        return held == model.Id ? new NextState(held) : await CountAsync(owner, held, cancellationToken);
    }

    /// <summary>Passages after one, by id: those of older versions first.</summary>
    internal Task<IReadOnlyList<MissingChunk>> NextAsync(TenantPlacement tenant, long after, int limit, CancellationToken cancellationToken) =>
        ReadAsync(tenant, "select id, heading, content from chunks where id > $2 order by id limit $1", limit, cancellationToken, after);

    /// <summary>Passages without a vector, wherever they are.</summary>
    internal Task<IReadOnlyList<MissingChunk>> MissingAsync(TenantPlacement tenant, int limit, CancellationToken cancellationToken) => ReadAsync(
        tenant,
        "select id, heading, content from chunks c where not exists (select from embeddings_next n where n.id = c.id) order by id limit $1",
        limit,
        cancellationToken);

    /// <summary>Stores vectors, unless another model has become the next meanwhile.</summary>
    internal async Task StoreAsync(
        TenantPlacement tenant, string model, IReadOnlyList<MissingChunk> chunks, EmbeddedTexts embedded, CancellationToken cancellationToken)
    {
        await using TenantConnection connection = await dataSources.OpenAsync(tenant, WakeCause.ModelChange, cancellationToken);
        await using NpgsqlCommand command = new NpgsqlCommand(
                """
                insert into embeddings_next (id, embedding)
                select c.id, ($2::real[])[(c.n - 1) * $3 + 1 : c.n * $3]::halfvec from unnest($1::bigint[]) with ordinality as c (id, n)
                where exists (select from settings where next_model = $4)
                on conflict do nothing
                """,
                connection.Connection)
            .With(chunks.Select(chunk => chunk.Id).ToArray()).With(Vectors.Join(embedded.Vectors)).With(embedded.Vectors[0].Length).With(model);
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    /// <summary>Has the planner know the table before it is searched.</summary>
    internal async Task AnalyzeAsync(TenantPlacement tenant, CancellationToken cancellationToken)
    {
        await using NpgsqlConnection owner = await providers.Of(tenant.Provider).OpenAsOwnerAsync(tenant.Database!, cancellationToken);
        await ExecuteAsync(owner, "analyze embeddings_next", cancellationToken);
    }

    /// <summary>Lets nothing be published for a while, so that the last passages can be embedded of a tenant that changes all the time.</summary>
    internal async Task HoldAsync(TenantPlacement tenant, string model, TimeSpan time, CancellationToken cancellationToken)
    {
        await using NpgsqlConnection owner = await providers.Of(tenant.Provider).OpenAsOwnerAsync(tenant.Database!, cancellationToken);
        await using NpgsqlCommand command = new NpgsqlCommand("update settings set held_until = now() + $1 where next_model = $2", owner)
            .With(time).With(model);
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    /// <summary>Has the next model's vectors searched in place of the former's, if there is one for each passage.</summary>
    internal async Task<SwitchOutcome> SwitchAsync(TenantPlacement tenant, EmbeddingModel model, CancellationToken cancellationToken)
    {
        await using NpgsqlConnection owner = await providers.Of(tenant.Provider).OpenAsOwnerAsync(tenant.Database!, cancellationToken);
        await using NpgsqlTransaction transaction = await owner.BeginTransactionAsync(cancellationToken);
        try
        {
            await ExecuteAsync(owner, "set local lock_timeout = '3s'", cancellationToken);
            await ExecuteAsync(owner, $"select {ModelSwitch.Changer}", cancellationToken);
            await ExecuteAsync(owner, $"select {ModelSwitch.Switcher}", cancellationToken);
            (string held, string? next) = await FindModelsAsync(owner, cancellationToken);
            if (held == model.Id)
            {
                return SwitchOutcome.Switched;
            }

            if (next != model.Id || await IsIncompleteAsync(owner, cancellationToken))
            {
                return SwitchOutcome.Incomplete;
            }

            await ExecuteAsync(owner, Switch.Replace("{0}", $"{model.Dimensions}", StringComparison.Ordinal), cancellationToken);
            await using NpgsqlCommand command = new NpgsqlCommand(
                    "update settings set embedding_model = $1, dimensions = $2, next_model = null, held_until = null", owner)
                .With(model.Id).With(model.Dimensions);
            await command.ExecuteNonQueryAsync(cancellationToken);
            await transaction.CommitAsync(cancellationToken);
            return SwitchOutcome.Switched;
        }
        catch (PostgresException exception)
            when (exception.SqlState is PostgresErrorCodes.LockNotAvailable or PostgresErrorCodes.DeadlockDetected)
        {
            return SwitchOutcome.Busy;
        }
    }

    private static async Task<bool> IsIncompleteAsync(NpgsqlConnection owner, CancellationToken cancellationToken)
    {
        await using NpgsqlCommand command = new(
            "select exists (select from chunks c where not exists (select from embeddings_next n where n.id = c.id))", owner);
        return (bool)(await command.ExecuteScalarAsync(cancellationToken))!;
    }

    private static async Task<(string Held, string? Next)> FindModelsAsync(NpgsqlConnection owner, CancellationToken cancellationToken)
    {
        await using NpgsqlCommand command = new("select embedding_model, next_model from settings", owner);
        await using NpgsqlDataReader reader = await command.ExecuteReaderAsync(cancellationToken);
        await reader.ReadAsync(cancellationToken);
        return (reader.GetString(0), reader.Optional<string>(1));
    }

    private static async Task<NextState> CountAsync(NpgsqlConnection owner, string held, CancellationToken cancellationToken)
    {
        await using NpgsqlCommand command = new(
            """
            select (select coalesce(sum(chunks), 0)::bigint from corpus_statistics),
                (select count(*) from embeddings_next), (select coalesce(max(id), 0) from embeddings_next)
            """,
            owner);
        await using NpgsqlDataReader reader = await command.ExecuteReaderAsync(cancellationToken);
        await reader.ReadAsync(cancellationToken);
        return new NextState(held, reader.GetInt64(0), reader.GetInt64(1), reader.GetInt64(2));
    }

    private async Task<IReadOnlyList<MissingChunk>> ReadAsync(
        TenantPlacement tenant, string sql, int limit, CancellationToken cancellationToken, long? after = null)
    {
        await using TenantConnection connection = await dataSources.OpenAsync(tenant, WakeCause.ModelChange, cancellationToken);
#pragma warning disable CA2100 // Constants above.
        await using NpgsqlCommand command = new NpgsqlCommand(sql, connection.Connection).With(limit);
#pragma warning restore CA2100
        if (after is not null)
        {
            command.With(after.Value);
        }

        await using NpgsqlDataReader reader = await command.ExecuteReaderAsync(cancellationToken);
        List<MissingChunk> chunks = [];
        while (await reader.ReadAsync(cancellationToken))
        {
            chunks.Add(new MissingChunk(reader.GetInt64(0), reader.GetString(1), reader.GetString(2)));
        }

        return chunks;
    }

    private static async Task ExecuteAsync(NpgsqlConnection owner, string sql, CancellationToken cancellationToken, string? argument = null)
    {
#pragma warning disable CA2100 // Constants above, with a number of ours.
        await using NpgsqlCommand command = new(sql, owner);
#pragma warning restore CA2100
        if (argument is not null)
        {
            command.With(argument);
        }

        await command.ExecuteNonQueryAsync(cancellationToken);
    }
}
