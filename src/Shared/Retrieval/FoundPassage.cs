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
    /// <summary>Reads the answer of <see cref="SearchSql"/>: the model whose vectors the database holds, and the passages.</summary>
    public static async Task<(string Held, List<FoundPassage> Passages)> ReadAsync(NpgsqlCommand command, CancellationToken cancellationToken)
    {
        await using NpgsqlDataReader reader = await command.ExecuteReaderAsync(cancellationToken);
        string held = string.Empty;
        List<FoundPassage> passages = [];
        while (await reader.ReadAsync(cancellationToken))
        {
            held = reader.GetString(0);
            if (reader.IsDBNull(1))
            {
                break;
            }

            Passage passage = new(
                reader.GetString(2),
                reader.Optional<string>(3),
                reader.GetString(4),
                reader.Optional<int?>(5),
                reader.GetInt32(6),
                reader.GetInt32(7),
                reader.GetString(8),
                reader.GetDouble(9),
                JsonElement.Parse(reader.GetString(10)));
            passages.Add(new FoundPassage(reader.GetInt64(1), passage, reader.FieldCount > 11 ? reader.GetFieldValue<float[]>(11) : null));
        }

        return (held, passages);
    }
}
