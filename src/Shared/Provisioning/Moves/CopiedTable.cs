using Npgsql;

namespace Freehold.Provisioning.Moves;

/// <summary>A table of tenants' databases, as it is copied from one to another.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Columns">Columns that are copied: not those that are generated, nor those that number rows for nobody else.</param>
internal sealed record CopiedTable(string Name, string[] Columns)
{
    // COPY in binary form is the same on every server for these types; a text search configuration, for one, is only known by its name.
    private bool IsBinary => Name == "embeddings";

    /// <summary>Copies rows within the transactions that both connections are in.</summary>
    /// <param name="from">The one.</param>
    /// <param name="to">The other.</param>
    /// <param name="rows">Which: what follows the columns in a query in which the table is called <c>r</c>.</param>
    /// <param name="cancellationToken">Stops.</param>
    public async Task CopyAsync(NpgsqlConnection from, NpgsqlConnection to, string rows, CancellationToken cancellationToken)
    {
        string read = $"copy (select {Of("r")} {rows}) to stdout";
        string write = $"copy {Name} ({string.Join(", ", Columns)}) from stdin";
        if (IsBinary)
        {
            await using NpgsqlRawCopyStream source = await from.BeginRawBinaryCopyAsync(read + " (format binary)", cancellationToken);
            await using NpgsqlRawCopyStream target = await to.BeginRawBinaryCopyAsync(write + " (format binary)", cancellationToken);
            await source.CopyToAsync(target, cancellationToken);
            return;
        }

        using TextReader reader = await from.BeginTextExportAsync(read, cancellationToken);
        await using TextWriter writer = await to.BeginTextImportAsync(write, cancellationToken);
        char[] buffer = new char[1 << 15];
        for (int count; (count = await reader.ReadAsync(buffer, cancellationToken)) > 0;)
        {
            await writer.WriteAsync(buffer.AsMemory(0, count), cancellationToken);
        }
    }

    /// <summary>How many rows there are, and a sum of hashes of what they hold.</summary>
    public async Task<(long Rows, decimal Sum)> SumAsync(NpgsqlConnection connection, string rows, CancellationToken cancellationToken)
    {
#pragma warning disable CA2100 // Names of tables and columns, and numbers.
        await using NpgsqlCommand command = new(
            $"select count(*), coalesce(sum(hashtextextended(row({Of("r")})::text, 0)), 0) {rows}", connection)
        { CommandTimeout = 0 };
#pragma warning restore CA2100
        await using NpgsqlDataReader reader = await command.ExecuteReaderAsync(cancellationToken);
        await reader.ReadAsync(cancellationToken);
        return (reader.GetInt64(0), reader.GetDecimal(1));
    }

    /// <summary>The columns, in a query in which the table is called so.</summary>
    public string Of(string alias) => string.Join(", ", Columns.Select(column => $"{alias}.{column}"));
}

/// <summary>What was copied is not what it was copied from.</summary>
internal sealed class CopyDiffersException(string table) : Exception($"The copy of {table} is not what it was copied from.");
