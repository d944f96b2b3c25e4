using Freehold.Bench.Setup;
using Freehold.Postgres;
using Freehold.Tenants;
using Npgsql;

namespace Freehold.Bench.Cold;

/// <summary>A tenant, its key and a question about its document.</summary>
internal sealed record ColdTenant(TenantPlacement Placement, string Key, string Query);

/// <summary>Many tenants with a document each, and no connection to any of them.</summary>
internal sealed class ColdTenants(Installation installation, IReadOnlyList<ColdTenant> tenants)
{
    /// <summary>What the server calls the connections that the driver alone opens.</summary>
    public const string BareName = "bench";

    private const int MadeAtATime = 4;
    private const int ParagraphLength = 1_000;

    /// <summary>In random order.</summary>
    public IReadOnlyList<ColdTenant> All { get; } = tenants;

    public static async Task<ColdTenants> MakeAsync(
        Installation installation, MemoryBlobs blobs, int count, int chunks, CancellationToken cancellationToken)
    {
        Corpus corpus = new(count);
        string[] texts = [.. Enumerable.Range(0, count).Select(_ => corpus.Document(chunks, ParagraphLength))];
        string[] queries = [.. texts.Select(corpus.Fragment)];
        ColdTenant[] tenants = new ColdTenant[count];
        await Parallel.ForAsync(
            0,
            count,
            new ParallelOptions { MaxDegreeOfParallelism = MadeAtATime, CancellationToken = cancellationToken },
            async (i, token) =>
            {
                TenantPlacement placement = await installation.ProvisionAsync(token);
                Loading.Put(blobs, placement, [texts[i]]);
                await Loading.TakeInAsync(installation, placement, documents: 1, atATime: 1, token);
                installation.Get<TenantDataSources>().Close(placement.Uid);
                tenants[i] = new ColdTenant(placement, await installation.MakeKeyAsync(placement, token), queries[i]);
            });
        blobs.Clear();
        new Random(count).Shuffle(tenants);
        return new ColdTenants(installation, tenants);
    }

    /// <summary>Connection string of the driver alone, with the product's settings as far as they change how a connection is opened.</summary>
    public string ConnectionString(ColdTenant tenant, bool asTheProduct)
    {
        NpgsqlConnectionStringBuilder connection = new(installation.ConnectionString(tenant.Placement)) { ApplicationName = BareName };
        if (asTheProduct)
        {
            // What turning type loading off by a data source's builder does; a plain connection has no builder.
            connection["Server Compatibility Mode"] = "NoTypeLoading";
        }

        return connection.ConnectionString;
    }
}
