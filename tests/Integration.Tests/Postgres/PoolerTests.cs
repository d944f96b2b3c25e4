using System.Text;
using Freehold.Ingestion;
using Freehold.Integration.Tests.Fixtures;
using Freehold.Postgres;
using Freehold.Retrieval;
using Freehold.Storage;
using Freehold.Tenants;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;

namespace Freehold.Integration.Tests.Postgres;

/// <summary>
/// Through a PgBouncer in transaction mode, where eight connections share two sessions of the server, and a transaction may be in another
/// than the one before it.
/// </summary>
public sealed class PoolerTests(FreeholdFixture freehold) : IClassFixture<FreeholdFixture>
{
    private static readonly Dictionary<string, string?> Pooled = new() { ["Postgres:PoolerPort"] = TestServers.Pooler };

    [PoolerFact]
    public async Task Documents_are_taken_in_and_searched_by_many_at_a_time()
    {
        await using ServiceProvider host = freehold.Build(Pooled);
        TenantPlacement tenant = await freehold.ProvisionAsync();
        await Parallel.ForAsync(0, 8, async (i, token) =>
        {
            byte[] bytes = Encoding.UTF8.GetBytes($"# Shed {i}\n\nThe bicycle puffin{i} is in the shed.");
            DocumentPath path = DocumentPath.Parse($"{i}.md");
            await host.GetRequiredService<UploadDocument>().RunAsync(tenant, path, new MemoryStream(bytes), new UploadTerms(bytes.Length), token);
            await host.GetRequiredService<ChunkDocument>().RunAsync(tenant, path, token);
        });

        // Statements of several kinds, each often enough to be prepared if any were.
        string[] modes = ["hybrid", "lexical", "dense"];
        await Parallel.ForAsync(0, 80, new ParallelOptions { MaxDegreeOfParallelism = 8 }, async (i, token) =>
        {
            SearchRequest request = new($"puffin{i % 8}", Limit: 3, Mode: modes[i % 3], Diversity: i % 5 == 0 ? 0.1 : null, Expand: i % 5 == 1 ? 1 : null);
            FoundPassages found = await host.GetRequiredService<SearchChunks>().RunAsync(tenant, request, token);
            Assert.Equal($"{i % 8}.md", found.Passages[0].Document);
        });

        // What a search or a document sets holds for its own transaction. Nothing of it is left in a session that others get.
        string[] sessions = await Task.WhenAll(Enumerable.Range(0, 8).Select(async _ =>
        {
            await using TenantConnection connection = await host.GetRequiredService<TenantDataSources>().OpenAsync(tenant, WakeCause.Search, default);
            await using NpgsqlCommand command = new(
                """
                select concat_ws(' ', pg_backend_pid(), current_setting('hnsw.ef_search'), current_setting('hnsw.iterative_scan'),
                    current_setting('plan_cache_mode'), (select count(*) from pg_prepared_statements), pg_sleep(0.05))
                """,
                connection.Connection);
            return (string)(await command.ExecuteScalarAsync())!;
        }));
        Assert.Equal(2, sessions.Distinct().Count());
        Assert.All(sessions, session => Assert.EndsWith(" 40 off auto 0 ", session, StringComparison.Ordinal));
    }

    [ServerFact]
    public async Task Straight_connections_prepare()
    {
        TenantPlacement tenant = await freehold.ProvisionAsync();
        for (int i = 0; i < 3; i++)
        {
            await freehold.SearchAsync(tenant, "bicycle");
        }

        Assert.NotEqual(0, await freehold.ScalarAsync<long>(tenant, "select count(*) from pg_prepared_statements"));
    }

    [PoolerFact]
    public async Task Role_that_was_replaced_is_asked_for_again()
    {
        await using ServiceProvider host = freehold.Build(Pooled);
        TenantPlacement tenant = await freehold.ProvisionAsync();
        TenantPlacement stale = tenant with { Role = "t_gone_" + Guid.NewGuid().ToString("N")[..8] };

        await using TenantConnection connection = await host.GetRequiredService<TenantDataSources>().OpenAsync(stale, WakeCause.Search, default);
        await using NpgsqlCommand command = new("select current_user::text", connection.Connection);
        Assert.Equal(tenant.Role, await command.ExecuteScalarAsync());
    }
}
