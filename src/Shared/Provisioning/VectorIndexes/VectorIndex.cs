using System.Collections.Concurrent;
using Freehold.Postgres;
using Freehold.Provisioning.Providers;
using Freehold.Tenants;
using Microsoft.Extensions.Options;
using Npgsql;

namespace Freehold.Provisioning.VectorIndexes;

/// <summary>
/// Builds the index over a tenant's vectors, on a direct connection as the tables' owner, while searches and documents go on. A large one
/// takes longer than an operation's turn, so a build belongs to no caller: who asks again waits for the one that is under way. When its
/// host dies, the server carries it to its end, and what it could not is dropped by the next.
/// </summary>
public sealed class VectorIndex(DatabaseProviders providers, IOptions<ApproximationOptions> options, TimeProvider time)
{
    /// <summary>The table whose vectors are searched.</summary>
    internal const string Searched = "embeddings";

    /// <summary>The table that is to take its place.</summary>
    internal const string Next = "embeddings_next";

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    private readonly ConcurrentDictionary<(Guid Tenant, string Table), Task<bool>> _builds = new();

    /// <summary>What the index of a table is called.</summary>
    internal static string NameOf(string table) => table + "_near";

    /// <summary>Builds the index, unless it is there, and waits a while for it.</summary>
    /// <returns>Whether it is there; false while it is still being built, here or elsewhere.</returns>
    internal async Task<bool> BuildAsync(TenantPlacement tenant, string table, CancellationToken cancellationToken)
    {
        Task<bool> build = _builds.GetOrAdd((tenant.Uid, table), _ => Task.Run(() => BuildOnceAsync(tenant, table), CancellationToken.None));
        try
        {
            return await build.WaitAsync(Patience, time, cancellationToken);
        }
        catch (TimeoutException) when (!build.IsCompleted)
        {
            return false;
        }
    }

    private async Task<bool> BuildOnceAsync(TenantPlacement tenant, string table)
    {
        try
        {
            await using NpgsqlConnection owner = await providers.Of(tenant.Provider).OpenAsOwnerAsync(tenant.Database!, CancellationToken.None);
            return await BuildAsync(owner, table);
        }
        finally
        {
            _builds.TryRemove((tenant.Uid, table), out _);
        }
    }

    private async Task<bool> BuildAsync(NpgsqlConnection owner, string table)
    {
        string name = NameOf(table);

        // The session's own, which a build that outlives its host keeps until it ends.
        if (!(bool)(await ScalarAsync(owner, $"select {ModelSwitch.Indexer}"))!)
        {
            return false;
        }

        bool? isValid = await ScalarAsync(owner, $"select indisvalid from pg_index where indexrelid = to_regclass('public.{name}')") as bool?;
        if (isValid == true)
        {
            return true;
        }

        if (isValid == false)
        {
            await ScalarAsync(owner, $"drop index concurrently {name}");
        }

        await ScalarAsync(owner, $"set maintenance_work_mem = '{options.Value.IndexMemory}MB'");
        await ScalarAsync(owner, $"create index concurrently {name} on {table} using hnsw (embedding halfvec_ip_ops)");
        return true;
    }

    private static async Task<object?> ScalarAsync(NpgsqlConnection owner, string sql)
    {
#pragma warning disable CA2100 // Constants above, with a number of the configuration's.
        await using NpgsqlCommand command = new(sql, owner) { CommandTimeout = 0 };
#pragma warning restore CA2100
        return await command.ExecuteScalarAsync(CancellationToken.None);
    }
}
