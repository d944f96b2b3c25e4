using Freehold.Bench.Setup;
using Freehold.Postgres;
using Freehold.Sql;
using Freehold.Tenants;
using Npgsql;

namespace Freehold.Bench.Isolation;

/// <summary>Every tenant's vectors in its own database, reached as the use cases reach them.</summary>
internal sealed class OwnDatabases
{
    // In a subquery, or a generic plan would cast the parameter anew for every row that it scans.
    private const string Sql = "select id from embeddings order by embedding <#> (select $1::halfvec) limit 10";

    // The driver prepares a statement when it sees it the second time.
    private const int UsesUntilPrepared = 3;

    private readonly TenantDataSources _dataSources;
    private readonly TenantPlacement[] _tenants;

    private OwnDatabases(TenantDataSources dataSources, TenantPlacement[] tenants)
    {
        _dataSources = dataSources;
        _tenants = tenants;
    }

    public static async Task<OwnDatabases> LoadAsync(Installation installation, Vectors vectors, CancellationToken cancellationToken)
    {
        TenantPlacement[] tenants = new TenantPlacement[vectors.Sizes.Tenants];
        OwnDatabases databases = new(installation.Get<TenantDataSources>(), tenants);
        for (int tenant = 0; tenant < tenants.Length; tenant++)
        {
            tenants[tenant] = await installation.ProvisionAsync(cancellationToken);
            await using (TenantConnection connection = await databases._dataSources.OpenAsync(tenants[tenant], WakeCause.Search, cancellationToken))
            {
                await using NpgsqlRawCopyStream copy = await connection.Connection.BeginRawBinaryCopyAsync(
                    "copy embeddings (id, embedding) from stdin (format binary)", cancellationToken);
                await copy.WriteAsync(Rows(vectors, tenant), cancellationToken);
            }

            await installation.Servers.ExecuteAsync("vacuum (analyze) embeddings", cancellationToken, tenants[tenant].Database!);
        }

        return databases;
    }

    /// <summary>The ids that the tenant's database finds.</summary>
    public async Task<long[]> SearchAsync(VectorQuery query, CancellationToken cancellationToken)
    {
        await using TenantConnection connection = await _dataSources.OpenAsync(_tenants[query.Tenant], WakeCause.Search, cancellationToken);
        await using NpgsqlCommand command = new(Sql, connection.Connection);
        return await command.With(query.Vector).ReadIdsAsync(cancellationToken);
    }

    /// <summary>Asks the tenant's database for a number that it has not to look up.</summary>
    public async Task<long[]> AskNothingAsync(VectorQuery query, CancellationToken cancellationToken)
    {
        await using TenantConnection connection = await _dataSources.OpenAsync(_tenants[query.Tenant], WakeCause.Search, cancellationToken);
        await using NpgsqlCommand command = new("select 1::bigint", connection.Connection);
        return await command.ReadIdsAsync(cancellationToken);
    }

    /// <summary>Sees to it that each of these tenants has a connection on which the statement is prepared.</summary>
    public async Task WarmUpAsync(IEnumerable<VectorQuery> queries, CancellationToken cancellationToken)
    {
        foreach (VectorQuery query in queries.DistinctBy(query => query.Tenant))
        {
            for (int use = 0; use < UsesUntilPrepared; use++)
            {
                await SearchAsync(query, cancellationToken);
            }
        }
    }

    private static ReadOnlyMemory<byte> Rows(Vectors vectors, int tenant)
    {
        CopyRows rows = new CopyRows().Begin();
        for (int chunk = 0; chunk < vectors.Sizes.Chunks; chunk++)
        {
            rows.Row(2).Field((long)chunk).Field(vectors.Of(tenant, chunk));
        }

        return rows.End().Take();
    }
}
