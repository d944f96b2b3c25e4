using Npgsql;

namespace Freehold.Bench.Isolation;

internal static class IdReading
{
    /// <summary>The ids that a search gives, in its order.</summary>
    public static async Task<long[]> ReadIdsAsync(this NpgsqlCommand command, CancellationToken cancellationToken)
    {
        await using NpgsqlDataReader reader = await command.ExecuteReaderAsync(cancellationToken);
        List<long> ids = [];
        while (await reader.ReadAsync(cancellationToken))
        {
            ids.Add(reader.GetInt64(0));
        }

        return [.. ids];
    }
}
