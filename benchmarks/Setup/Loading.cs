using System.Text;
using Freehold.Ingestion;
using Freehold.Storage;
using Freehold.Tenants;
using Npgsql;

namespace Freehold.Bench.Setup;

/// <summary>Takes documents into a tenant's database through the use case that a storage event wakes.</summary>
internal static class Loading
{
    /// <summary>Puts texts into storage as <c>0.txt</c>, <c>1.txt</c>, ...</summary>
    public static void Put(MemoryBlobs blobs, TenantPlacement tenant, IReadOnlyList<string> texts)
    {
        for (int i = 0; i < texts.Count; i++)
        {
            blobs.Put(tenant, $"{i}.txt", Encoding.ASCII.GetBytes(texts[i]));
        }
    }

    /// <summary>Takes them in, so many at a time.</summary>
    /// <returns>Their chunks, when all are ready.</returns>
    public static async Task<long> TakeInAsync(
        Installation installation, TenantPlacement tenant, int documents, int atATime, CancellationToken cancellationToken)
    {
        await Parallel.ForEachAsync(
            Enumerable.Range(0, documents),
            new ParallelOptions { MaxDegreeOfParallelism = atATime, CancellationToken = cancellationToken },
            async (i, token) => await installation.Get<ChunkDocument>().RunAsync(tenant, DocumentPath.Parse($"{i}.txt"), token));
        return await CountAsync(installation, tenant, documents, cancellationToken);
    }

    /// <summary>Asks the manifest, since a use case notes a failure there and throws nothing.</summary>
    private static async Task<long> CountAsync(
        Installation installation, TenantPlacement tenant, int documents, CancellationToken cancellationToken)
    {
        await using NpgsqlCommand command = installation.Get<CatalogDatabase>().Command(
            """
            select count(*) filter (where state = 'ready'), coalesce(sum(chunks) filter (where state = 'ready'), 0), min(failure_reason)
            from work.documents where tenant_uid = $1
            """);
        command.Parameters.Add(new NpgsqlParameter<Guid> { TypedValue = tenant.Uid });
        await using NpgsqlDataReader reader = await command.ExecuteReaderAsync(cancellationToken);
        await reader.ReadAsync(cancellationToken);
        return reader.GetInt64(0) == documents
            ? reader.GetInt64(1)
            : throw new InvalidOperationException($"Of {documents} documents {reader.GetInt64(0)} are ready: {reader.GetValue(2)}");
    }
}
