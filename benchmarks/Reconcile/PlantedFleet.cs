using System.Net.Http.Json;
using System.Security.Cryptography;
using System.Text;
using Freehold.Bench.Setup;
using Freehold.Neon.Simulator;
using Freehold.Provisioning;
using Freehold.Provisioning.Providers;
using Freehold.Tenants;
using Npgsql;

namespace Freehold.Bench.Reconcile;

/// <summary>
/// A catalog and a Neon that are alike but for what was planted: tenants without their project, projects of this installation that nobody
/// owns, and a second project of a tenant's name. No project has a database.
/// </summary>
internal sealed class PlantedFleet : IAsyncDisposable
{
    /// <summary>Projects that are made, not merely listed: those that Neon may say it could not read.</summary>
    private const int Made = 3;
    private const int Missing = 7;
    private const int Unowned = 6;

    private readonly string _mark;

    private PlantedFleet(NeonSimulator neon, string mark, int tenants)
    {
        Neon = neon;
        _mark = mark;
        MissingTenants = [.. Enumerable.Range(tenants - Missing, Missing).Select(TenantOf)];
        Orphans = [.. Enumerable.Range(tenants, Unowned).Select(i => NameOf(mark, i)), $"{NameOf(mark, Made)}#{ListedId(tenants - Missing - Made + Unowned)}"];
    }

    public NeonSimulator Neon { get; }

    /// <summary>Tenants whose project is not there.</summary>
    public IReadOnlyList<string> MissingTenants { get; }

    /// <summary>Projects that are nobody's, as the report names them.</summary>
    public IReadOnlyList<string> Orphans { get; }

    /// <summary>Projects that Neon lists.</summary>
    public int Projects { get; private init; }

    /// <summary>Writes the tenants into the catalog, and starts the simulator.</summary>
    public static async Task<PlantedFleet> PlantAsync(Installation installation, int tenants, CancellationToken cancellationToken)
    {
        string mark = await installation.Get<InstallationMark>().FindAsync(cancellationToken);
        string[] listed =
        [
            .. Enumerable.Range(Made, tenants - Missing - Made).Select(i => NameOf(mark, i)),
            .. Enumerable.Range(tenants, Unowned).Select(i => NameOf(mark, i)),
            NameOf(mark, Made),
        ];
        NeonSimulator neon = await NeonSimulator.StartAsync(new SimulatorOptions
        {
            ListedProjects = listed.Length,
            ListedNames = listed,
            KeepsBodies = false,
        });
        PlantedFleet fleet = new(neon, mark, tenants) { Projects = Made + listed.Length };
        await fleet.MakeAsync(cancellationToken);
        await fleet.WriteAsync(installation, tenants, cancellationToken);
        return fleet;
    }

    public ValueTask DisposeAsync() => Neon.DisposeAsync();

    private static string TenantOf(int i) => FormattableString.Invariant($"tenant-{i}");

    // As random as those that are given, so that an index of them is as untidy; and PostgreSQL can work them out, too.
#pragma warning disable CA5351 // Nothing is guarded by it.
    private static string NameOf(string mark, int i) =>
        TenantDatabase.BeginningOf(mark) + Convert.ToHexStringLower(MD5.HashData(Encoding.ASCII.GetBytes($"{i}")))[..16];
#pragma warning restore CA5351

    private static string ListedId(int i) => FormattableString.Invariant($"simulated-z-{i:D9}");

    private async Task MakeAsync(CancellationToken cancellationToken)
    {
        using HttpClient http = new() { DefaultRequestHeaders = { Authorization = new("Bearer", Neon.ApiKey) } };
        for (int i = 0; i < Made; i++)
        {
            using HttpResponseMessage answer = await http.PostAsJsonAsync(
                $"{Neon.Address}/projects", new { project = new { name = NameOf(_mark, i) } }, cancellationToken);
            answer.EnsureSuccessStatusCode();
        }
    }

    private async Task WriteAsync(Installation installation, int tenants, CancellationToken cancellationToken)
    {
        string region = installation.Get<Regions>().Here;
        await using NpgsqlConnection connection = await installation.Get<CatalogDatabase>().OpenAsync(cancellationToken);
        await using NpgsqlBatch batch = new(connection) { Timeout = 0 };
        batch.BatchCommands.Add(new NpgsqlBatchCommand(
            """
            insert into catalog.tenants
                (uid, id, display_name, state, region, plan, provider, host, port, pooler_host, database_name, role_name, encrypted_password,
                schema_version, embedding_model, created_at, ready_at)
            select gen_random_uuid(), 'tenant-' || i, 'Tenant ' || i, 'active', $2, 'enterprise', 'neon', 'ep-direct.example', 5432, 'ep-pooler.example', $1 || hex, $1 || hex,
                decode(md5(i::text) || md5(i::text), 'hex'), 1, 'lexical-384', now(), now()
            from (select i, left(md5(i::text), 16) hex from generate_series(0, $3 - 1) i) names
            """)
        { Parameters = { new() { Value = TenantDatabase.BeginningOf(_mark) }, new() { Value = region }, new() { Value = tenants } } });
        batch.BatchCommands.Add(new NpgsqlBatchCommand(
            """
            insert into catalog.neon_projects (database_name, tenant_uid, project_id, branch_id, endpoint_id, host, pooler_host, encrypted_password)
            select database_name, uid,
                case when i < $1 then 'simulated-project-' || lpad((i + 1)::text, 8, '0') else 'simulated-z-' || case when i < $2 then '' else 'gone-' end || lpad((i - $1)::text, 9, '0') end,
                'br-' || i, 'ep-' || i, host, pooler_host, encrypted_password
            from (select *, substr(id, 8)::int i from catalog.tenants) numbered
            """)
        { Parameters = { new() { Value = Made }, new() { Value = tenants - Missing } } });
        batch.BatchCommands.Add(new NpgsqlBatchCommand("analyze catalog.tenants, catalog.neon_projects"));
        await batch.ExecuteNonQueryAsync(cancellationToken);
    }
}
