using System.Text.Json;
using Freehold.Sql;
using Npgsql;

namespace Freehold.Retrieval;

/// <summary>A passage as it comes from the database.</summary>
/// <param name="Id">Id of its chunk.</param>
/// <param name="Passage">What is answered.</param>
/// <param name="Vector">Its vector, where it was asked for.</param>
internal sealed record FoundPassage(long Id, Passage Passage, float[]? Vector)
{
    /// <summary>Reads the answer of <see cref="SearchSql"/>.</summary>
    public static async Task<DatabaseAnswer> ReadAsync(NpgsqlCommand command, CancellationToken cancellationToken)
    {
        await using NpgsqlDataReader reader = await command.ExecuteReaderAsync(cancellationToken);
        string held = string.Empty;
        string[] unknown = [];
        List<FoundPassage> passages = [];
        while (await reader.ReadAsync(cancellationToken))
        {
            held = reader.GetString(0);
            unknown = reader.Optional<string[]>(1) ?? [];
            if (reader.IsDBNull(2))
            {
                break;
            }

            Passage passage = new(
                reader.GetString(3),
                reader.Optional<string>(4),
                reader.GetString(5),
                reader.Optional<int?>(6),
                reader.GetInt32(7),
                reader.GetInt32(8),
                reader.GetString(9),
                reader.GetDouble(10),
                JsonElement.Parse(reader.GetString(11)));
            passages.Add(new FoundPassage(reader.GetInt64(2), passage, reader.FieldCount > 12 ? reader.GetFieldValue<float[]>(12) : null));
        }

        return new DatabaseAnswer(held, unknown, passages);
    }
}

/// <summary>What a tenant's database answers.</summary>
/// <param name="Model">Whose vectors it holds.</param>
/// <param name="Unknown">Words of the query that none of its passages has, as the index would have them.</param>
/// <param name="Passages">The best first.</param>
internal sealed record DatabaseAnswer(string Model, string[] Unknown, List<FoundPassage> Passages);
