using System.Text;
using Freehold.Ingestion;
using Freehold.Storage;
using Freehold.Tenants;
using Npgsql;

namespace Freehold.Bench.Setup;

/// <summary>Takes documents into a tenant's database through the use case that a storage event wakes.</summary>
internal static class Loading
{
    /// <summary>Puts texts into storage as <c>0.txt</c>, <c>1.txt</c>, ..., or from a higher number on.</summary>
    public static void Put(MemoryBlobs blobs, TenantPlacement tenant, IReadOnlyList<string> texts, int start = 0)
    {
        for (int i = 0; i < texts.Count; i++)
        {
            blobs.Put(tenant, $"{start + i}.txt", Encoding.UTF8.GetBytes(texts[i]));
        }
    }

    /// <summary>Takes them in, so many at a time.</summary>
    /// <returns>Their chunks, when all are ready.</returns>
    public static Task<long> TakeInAsync(
        Installation installation, TenantPlacement tenant, int documents, int atATime, CancellationToken cancellationToken) =>
        TakeInAsync(installation, tenant, 0, documents, atATime, cancellationToken);

    /// <summary>Takes those from a number up to another in, beside those that the tenant has.</summary>
    /// <returns>All its chunks, when all are ready.</returns>
    public static async Task<long> TakeInAsync(
        Installation installation, TenantPlacement tenant, int start, int end, int atATime, CancellationToken cancellationToken)
    {
        await Parallel.ForEachAsync(
            Enumerable.Range(start, end - start),
            new ParallelOptions { MaxDegreeOfParallelism = atATime, CancellationToken = cancellationToken },
            async (i, token) => await installation.Get<ChunkDocument>().RunAsync(tenant, DocumentPath.Parse($"{i}.txt"), token));
        Taken taken = await CountAsync(installation, tenant, cancellationToken);
        return taken.Ready == end
            ? taken.Chunks
            : throw new InvalidOperationException($"Of {end} documents {taken.Ready} are ready: {taken.Failure}");
    }

    /// <summary>Waits until a host has taken so many in, and looks at intervals.</summary>
    /// <returns>Their chunks.</returns>
    public static async Task<long> AwaitReadyAsync(
        Installation installation, TenantPlacement tenant, int documents, TimeSpan pause, CancellationToken cancellationToken)
    {
        while (true)
        {
            Taken taken = await CountAsync(installation, tenant, cancellationToken);
            if (taken.Failed > 0)
            {
                throw new InvalidOperationException($"A document failed: {taken.Failure}");
            }

            if (taken.Ready >= documents)
            {
                return taken.Chunks;
            }

            await Task.Delay(pause, cancellationToken);
        }
    }

    /// <summary>Asks the manifest, since a use case notes a failure there and throws nothing.</summary>
    private static async Task<Taken> CountAsync(Installation installation, TenantPlacement tenant, CancellationToken cancellationToken)
    {
        await using NpgsqlCommand command = installation.Get<CatalogDatabase>().Command(
            """
            select count(*) filter (where state = 'ready'), count(*) filter (where state = 'failed'), coalesce(sum(chunks) filter (where state = 'ready'), 0)::bigint,
                min(failure_reason)
            from work.documents where tenant_uid = $1
            """);
        command.Parameters.Add(new NpgsqlParameter<Guid> { TypedValue = tenant.Uid });
        await using NpgsqlDataReader reader = await command.ExecuteReaderAsync(cancellationToken);
        await reader.ReadAsync(cancellationToken);
        return new Taken(reader.GetInt64(0), reader.GetInt64(1), reader.GetInt64(2), reader.IsDBNull(3) ? null : reader.GetString(3));
    }

    private sealed record Taken(long Ready, long Failed, long Chunks, string? Failure);
}
