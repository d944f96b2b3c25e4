using System.Globalization;
using Freehold.Sql;
using Npgsql;

namespace Freehold.Provisioning.Moves;

/// <summary>How far a copy has come.</summary>
/// <param name="Copied">Documents that the copy has as they are.</param>
/// <param name="Total">Documents there are.</param>
internal sealed record CopyProgress(int Copied, int Total);

/// <summary>
/// Copies a tenant's database into another of the same schema, document by document, as often as is asked: each round copies what has
/// changed since the one before. A version of a document has a number of its own and never changes, so the numbers say what is missing.
/// Both connections are owners' and direct; every batch is one transaction on either side, compared before it is committed.
/// </summary>
internal sealed class DatabaseCopy
{
    private const int DocumentsOfBatch = 500;
    private const int ChunksOfBatch = 5_000;

    /// <summary>Tables whose rows belong to a version, and the condition on a row <c>r</c> of version <c>v</c>.</summary>
    private static readonly (string Table, string Belongs)[] OfVersions =
    [
        ("documents", "r.version = v"),
        ("texts", "r.version = v"),
        ("chunks", "r.id >= v << 20 and r.id < (v + 1) << 20"),
        ("embeddings", "r.id >= v << 20 and r.id < (v + 1) << 20"),
    ];

    private static readonly string[] NotCopied = ["schema_migrations", "embeddings_next"];

    private readonly NpgsqlConnection _source;
    private readonly NpgsqlConnection _target;
    private readonly IReadOnlyList<CopiedTable> _tables;

    private DatabaseCopy(NpgsqlConnection source, NpgsqlConnection target, IReadOnlyList<CopiedTable> tables) =>
        (_source, _target, _tables) = (source, target, tables);

    /// <summary>The copy.</summary>
    public NpgsqlConnection Target => _target;

    private sealed record Version(long Number, long Hash, int Chunks);

    /// <summary>Looks at the tables, and makes the copy ready for vectors of the model that the source holds.</summary>
    public static async Task<DatabaseCopy> BeginAsync(NpgsqlConnection source, NpgsqlConnection target, CancellationToken cancellationToken)
    {
        // Values are compared by their texts.
        foreach (NpgsqlConnection connection in (NpgsqlConnection[])[source, target])
        {
            await ExecuteAsync(connection, "set timezone = 'UTC'; set datestyle = 'ISO'; set statement_timeout = 0", cancellationToken);
        }

        DatabaseCopy copy = new(source, target, await ReadTablesAsync(source, cancellationToken));
        await copy.TakeModelAsync(cancellationToken);
        return copy;
    }

    /// <summary>Copies what the copy lacks, until it lacks nothing that there was at the beginning, or time is over.</summary>
    /// <param name="noteAsync">Told after every batch; it says whether to go on.</param>
    /// <param name="cancellationToken">Stops; what is copied stays.</param>
    /// <returns>How many documents were copied or removed; null when it was stopped.</returns>
    public async Task<int?> CopyDocumentsAsync(Func<CopyProgress, Task<bool>> noteAsync, CancellationToken cancellationToken)
    {
        Dictionary<long, Version> wanted = await ReadVersionsAsync(_source, cancellationToken);
        Dictionary<long, Version> there = await ReadVersionsAsync(_target, cancellationToken);

        // First what is gone: a document has one version, and its successor has the same path.
        Version[] gone = [.. there.Values.Where(version => !wanted.ContainsKey(version.Number))];
        Version[] changed = [.. wanted.Values.Where(version => there.TryGetValue(version.Number, out Version? other) && other.Hash != version.Hash)];
        Version[] missing = [.. wanted.Values.Where(version => !there.ContainsKey(version.Number)).OrderBy(version => version.Number)];
        foreach (Version[] batch in gone.Chunk(DocumentsOfBatch))
        {
            await RemoveAsync(batch, cancellationToken);
        }

        foreach (Version[] batch in changed.Chunk(DocumentsOfBatch))
        {
            await CopyAsync(batch, OfVersions[..1], cancellationToken);
        }

        int done = wanted.Count - missing.Length;
        foreach (Version[] batch in Batches(missing))
        {
            if (!await noteAsync(new CopyProgress(done, wanted.Count)))
            {
                return null;
            }

            await CopyAsync(batch, OfVersions, cancellationToken);
            done += batch.Length;
        }

        return await noteAsync(new CopyProgress(done, wanted.Count)) ? gone.Length + changed.Length + missing.Length : null;
    }

    /// <summary>Copies all that does not belong to a published version, and compares. Nothing may be written to the source meanwhile.</summary>
    public async Task CopyRestAsync(CancellationToken cancellationToken)
    {
        CopiedTable[] whole = [.. _tables.Where(table => OfVersions.All(other => other.Table != table.Name))];
        const string Staged = "where not exists (select from documents d where d.version = r.version)";
        CopiedTable texts = _tables.Single(table => table.Name == "texts");
        await InTransactionsAsync(
            async () =>
            {
                await ExecuteAsync(
                    _target,
                    $"truncate {string.Join(", ", whole.Select(table => table.Name))}; delete from texts r {Staged}",
                    cancellationToken);
                foreach (CopiedTable table in whole)
                {
                    await CopyComparedAsync(table, $"from {table.Name} r", cancellationToken);
                }

                await CopyComparedAsync(texts, $"from texts r {Staged}", cancellationToken);
                await CompareAsync(_tables.Single(table => table.Name == "documents"), "from documents r", cancellationToken);
                foreach (string table in (string[])["texts", "chunks", "embeddings"])
                {
                    await CompareCountsAsync(table, cancellationToken);
                }
            },
            cancellationToken);
        await ExecuteAsync(_target, "analyze", cancellationToken);
    }

    private static IEnumerable<Version[]> Batches(IEnumerable<Version> versions)
    {
        List<Version> batch = [];
        int chunks = 0;
        foreach (Version version in versions)
        {
            batch.Add(version);
            chunks += version.Chunks;
            if (batch.Count == DocumentsOfBatch || chunks >= ChunksOfBatch)
            {
                yield return [.. batch];
                (batch, chunks) = ([], 0);
            }
        }

        if (batch.Count > 0)
        {
            yield return [.. batch];
        }
    }

    private static async Task<IReadOnlyList<CopiedTable>> ReadTablesAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        // In the order in which they were made: what others refer to was there before.
        await using NpgsqlCommand command = new NpgsqlCommand(
                """
                select c.relname, array_agg(quote_ident(a.attname) order by a.attnum)
                from pg_class c join pg_attribute a on a.attrelid = c.oid
                where c.relnamespace = 'public'::regnamespace and c.relkind = 'r' and c.relname <> all ($1)
                    and a.attnum > 0 and not a.attisdropped and a.attgenerated = '' and a.attidentity = ''
                group by c.oid, c.relname order by c.oid
                """,
                connection)
            .With(NotCopied);
        await using NpgsqlDataReader reader = await command.ExecuteReaderAsync(cancellationToken);
        List<CopiedTable> tables = [];
        while (await reader.ReadAsync(cancellationToken))
        {
            tables.Add(new CopiedTable(reader.GetString(0), reader.GetFieldValue<string[]>(1)));
        }

        return tables;
    }

    private async Task TakeModelAsync(CancellationToken cancellationToken)
    {
        (string model, int dimensions) = await ReadModelAsync(_source, cancellationToken);
        if ((model, dimensions) == await ReadModelAsync(_target, cancellationToken))
        {
            return;
        }

        await using NpgsqlTransaction transaction = await _target.BeginTransactionAsync(cancellationToken);
        await ExecuteAsync(
            _target,
            $"""
            truncate documents, texts, chunks, embeddings, staged_chunks, staged_documents;
            alter table embeddings alter column embedding type halfvec({dimensions});
            alter table staged_chunks alter column embedding type halfvec({dimensions});
            """,
            cancellationToken);
        await using NpgsqlCommand command = new NpgsqlCommand("update settings set embedding_model = $1, dimensions = $2", _target)
            .With(model).With(dimensions);
        await command.ExecuteNonQueryAsync(cancellationToken);
        await transaction.CommitAsync(cancellationToken);
    }

    private static async Task<(string Model, int Dimensions)> ReadModelAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        await using NpgsqlCommand command = new("select embedding_model, dimensions from settings", connection);
        await using NpgsqlDataReader reader = await command.ExecuteReaderAsync(cancellationToken);
        await reader.ReadAsync(cancellationToken);
        return (reader.GetString(0), reader.GetInt32(1));
    }

    private async Task<Dictionary<long, Version>> ReadVersionsAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        CopiedTable documents = _tables.Single(table => table.Name == "documents");
#pragma warning disable CA2100 // Names of columns.
        await using NpgsqlCommand command = new(
            $"select r.version, hashtextextended(row({documents.Of("r")})::text, 0), r.chunks from documents r", connection);
#pragma warning restore CA2100
        await using NpgsqlDataReader reader = await command.ExecuteReaderAsync(cancellationToken);
        Dictionary<long, Version> versions = [];
        while (await reader.ReadAsync(cancellationToken))
        {
            versions.Add(reader.GetInt64(0), new Version(reader.GetInt64(0), reader.GetInt64(1), reader.GetInt32(2)));
        }

        return versions;
    }

    private Task CopyAsync(Version[] batch, (string Table, string Belongs)[] tables, CancellationToken cancellationToken) => InTransactionsAsync(
        async () =>
        {
            foreach ((string table, string belongs) in tables)
            {
                // Nothing is there, but where a document's row has changed and its version has not.
                await ExecuteAsync(_target, $"delete from {table} r using unnest({Numbers(batch)}) v where {belongs}", cancellationToken);
                await CopyComparedAsync(
                    _tables.Single(each => each.Name == table),
                    $"from unnest({Numbers(batch)}) v, lateral (select * from {table} r where {belongs} offset 0) r",
                    cancellationToken);
            }
        },
        cancellationToken);

    private async Task RemoveAsync(Version[] batch, CancellationToken cancellationToken)
    {
        foreach ((string table, string belongs) in OfVersions.Reverse())
        {
            await ExecuteAsync(_target, $"delete from {table} r using unnest({Numbers(batch)}) v where {belongs}", cancellationToken);
        }
    }

    private async Task CopyComparedAsync(CopiedTable table, string rows, CancellationToken cancellationToken)
    {
        await table.CopyAsync(_source, _target, rows, cancellationToken);
        await CompareAsync(table, rows, cancellationToken);
    }

    private async Task CompareAsync(CopiedTable table, string rows, CancellationToken cancellationToken)
    {
        if (await table.SumAsync(_source, rows, cancellationToken) != await table.SumAsync(_target, rows, cancellationToken))
        {
            throw new CopyDiffersException(table.Name);
        }
    }

    private async Task CompareCountsAsync(string table, CancellationToken cancellationToken)
    {
        if (await CountAsync(_source, table, cancellationToken) != await CountAsync(_target, table, cancellationToken))
        {
            throw new CopyDiffersException(table);
        }
    }

    /// <summary>What is read is of one moment, and what is written is there whole or not at all.</summary>
    private async Task InTransactionsAsync(Func<Task> action, CancellationToken cancellationToken)
    {
        await using NpgsqlTransaction reading = await _source.BeginTransactionAsync(System.Data.IsolationLevel.RepeatableRead, cancellationToken);
        await using NpgsqlTransaction writing = await _target.BeginTransactionAsync(cancellationToken);
        await action();
        await writing.CommitAsync(cancellationToken);
    }

    private static string Numbers(Version[] versions) =>
        $"'{{{string.Join(',', versions.Select(version => version.Number.ToString(CultureInfo.InvariantCulture)))}}}'::bigint[]";

    private static async Task<long> CountAsync(NpgsqlConnection connection, string table, CancellationToken cancellationToken)
    {
#pragma warning disable CA2100 // A constant.
        await using NpgsqlCommand command = new($"select count(*) from {table}", connection);
#pragma warning restore CA2100
        return (long)(await command.ExecuteScalarAsync(cancellationToken))!;
    }

    private static async Task ExecuteAsync(NpgsqlConnection connection, string sql, CancellationToken cancellationToken)
    {
#pragma warning disable CA2100 // Names of tables and columns, and numbers.
        await using NpgsqlCommand command = new(sql, connection) { CommandTimeout = 0 };
#pragma warning restore CA2100
        await command.ExecuteNonQueryAsync(cancellationToken);
    }
}
