using System.Text.RegularExpressions;
using Freehold.Ai;
using Freehold.Migration;
using Freehold.Neon;
using Freehold.Tenants;
using Microsoft.Extensions.Options;
using Npgsql;

namespace Freehold.Provisioning.Providers.Neon;

/// <summary>
/// Makes and removes tenants' databases at Neon, each in a project of its own. The database's name is the project's name: it stands in the catalog first, and a
/// project whose making was not answered is found by it. What a person waits for goes before pools and listings, where Neon's rates leave too little for both.
/// </summary>
internal sealed class NeonProvider(
    NeonClient client,
    NeonPlaces places,
    NeonProjects projects,
    NeonEntrance entrance,
    NeonCompute compute,
    NeonConsumptionReader consumption,
    EmbeddingModels models,
    IOptions<NeonOptions> neon,
    IOptions<NeonTenancyOptions> tenancy,
    IOptions<ProvisioningOptions> provisioning,
    TimeProvider time) : IDatabaseProvider
{
    /// <summary>How long Neon can bring a deleted project back.</summary>
    public static readonly TimeSpan Recoverable = TimeSpan.FromDays(7);

    private readonly NeonClient _background = client.For(NeonPriority.Background);
    private readonly RoleSql _roleSql = new(clearPasswords: true, provisioning.Value.OwnCredentials.StatementTimeout);
    private readonly SchemaOwner _schema = new(MigrationScripts.Tenant(models.Default.Model.Id, models.Default.Model.Dimensions));

    /// <inheritdoc/>
    public string Name => ProviderNames.Neon;

    /// <inheritdoc/>
    public int SchemaVersion => _schema.SchemaVersion;

    /// <inheritdoc/>
    public string EmbeddingModel => models.Default.Model.Id;

    /// <inheritdoc/>
    public string Template => $"neon_v{SchemaVersion}_{_schema.Fingerprint}_{neon.Value.RegionId}_{neon.Value.PgVersion}";

    /// <inheritdoc/>
    public DatabaseAddress? Address => null;

    /// <inheritdoc/>
    public bool HasTerms(string plan) => tenancy.Value.Plans.Any(named => named.Name == plan);

    /// <inheritdoc/>
    public bool ListsRoles => false;

    /// <inheritdoc/>
    public IDatabaseRoles Roles => field ??= new NeonRoles(places, entrance, _roleSql);

    /// <inheritdoc/>
    public Task PrepareAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <inheritdoc/>
    public async Task<DatabaseAddress> CreateDatabaseAsync(TenantDatabase database, DatabaseTerms terms, CancellationToken cancellationToken)
    {
        NeonClient by = terms.Plan is null ? _background : client;
        NeonPlace place = await projects.FindOrMakeAsync(by, database.Name, terms, cancellationToken);
        await projects.AwaitAsync(by, place, cancellationToken);
        await using NpgsqlConnection owner = await entrance.OpenNewAsync(place, cancellationToken);
        await ExecuteAsync(owner, $"revoke all on database {database.Name} from public", cancellationToken);
        await SchemaOwner.MakeRolesAsync(owner, cancellationToken);
        await _schema.MigrateAsync(owner, cancellationToken);
        return new DatabaseAddress(place.Host!, neon.Value.Port, place.PoolerHost);
    }

    /// <inheritdoc/>
    public Task OpenDatabaseAsync(TenantDatabase database, CancellationToken cancellationToken) => Roles.CreateRuntimeAsync(database, cancellationToken);

    /// <inheritdoc/>
    public async Task RestAsync(TenantDatabase database, CancellationToken cancellationToken) =>
        await compute.RestAsync(await places.RequireAsync(database.Name, cancellationToken), cancellationToken);

    /// <inheritdoc/>
    public async Task ApplyTermsAsync(string database, DatabaseTerms terms, CancellationToken cancellationToken)
    {
        if (await places.FindMadeAsync(database, cancellationToken) is not { } place)
        {
            return;
        }

        NeonPlanOptions plan = tenancy.Value.PlanOf(terms.Plan);
        NeonComputeSettings sizes = plan.ComputeOf(neon.Value);
        NeonProjectChange change = await _background.UpdateProjectAsync(
            place.ProjectId!,
            new NeonProjectUpdate { Settings = new NeonProjectSettings { Quota = plan.Quota }, DefaultEndpointSettings = sizes },
            cancellationToken);
        await _background.WaitAsync(place.ProjectId!, change.Operations, time.GetUtcNow() + tenancy.Value.Patience, cancellationToken);
        await compute.ResizeAsync(place, sizes, cancellationToken);
    }

    /// <inheritdoc/>
    public async Task OpenAccessAsync(string database, CancellationToken cancellationToken)
    {
        if (await places.FindMadeAsync(database, cancellationToken) is { } place)
        {
            await compute.EnableAsync(place, cancellationToken);
        }
    }

    /// <inheritdoc/>
    public async Task CloseAccessAsync(string database, string runtimeRole, CancellationToken cancellationToken)
    {
        if (await places.FindMadeAsync(database, cancellationToken) is { } place)
        {
            await compute.DisableAsync(place, runtimeRole, cancellationToken);
        }
    }

    /// <inheritdoc/>
    public async Task<int> MigrateAsync(string database, CancellationToken cancellationToken)
    {
        await using NpgsqlConnection owner = await entrance.OpenAsync(await places.RequireAsync(database, cancellationToken), cancellationToken);
        return await _schema.MigrateAsync(owner, cancellationToken);
    }

    /// <inheritdoc/>
    public async Task<NpgsqlConnection> OpenAsOwnerAsync(string database, CancellationToken cancellationToken)
    {
        NpgsqlConnection owner = await entrance.OpenAsync(await places.RequireAsync(database, cancellationToken), cancellationToken);
        try
        {
            await SchemaOwner.BecomeOwnerAsync(owner, cancellationToken);
            return owner;
        }
        catch
        {
            await owner.DisposeAsync();
            throw;
        }
    }

    /// <inheritdoc/>
    public async Task<DatabaseInventory> FindAsync(
        IReadOnlyList<string> databases, IReadOnlyList<string> roles, CancellationToken cancellationToken)
    {
        List<string> found = [];
        foreach (string database in databases)
        {
            if (await projects.IsThereAsync(_background, database, cancellationToken))
            {
                found.Add(database);
            }
        }

        // Roles are in their database, and nobody wakes it to look for them.
        return new DatabaseInventory(found, found.Count > 0 ? roles : []);
    }

    /// <inheritdoc/>
    public async Task<InventoryPage> ListAsync(string mark, string? after, CancellationToken cancellationToken)
    {
        // Neon finds names by a part of them: other installations in the account are not listed at all.
        NeonProjectPage page = await _background.ListProjectsAsync(after, TenantDatabase.BeginningOf(mark), recoverable: false, cancellationToken);
        Regex ours = new(TenantDatabase.NamesOf(mark));
        NeonListedProject[] listed = [.. page.Projects.Where(project => project.DeletedAt is null && ours.IsMatch(project.Name))];
        IReadOnlyDictionary<string, string> known = await places.FindIdsAsync([.. listed.Select(project => project.Name)], cancellationToken);
        return new InventoryPage(
            [.. listed.Select(project => NeonName.Of(project, known)).Distinct()], [], page.Next, page.UnavailableProjectIds.Count > 0);
    }

    /// <inheritdoc/>
    public async Task RemoveAsync(string database, string role, CancellationToken cancellationToken)
    {
        NeonPlace? place;
        do
        {
            place = await places.FindAsync(database, cancellationToken);
            await NeonProjects.DeleteAsync(client, database, place?.ProjectId, cancellationToken);
        }
        while (place is not null && !await places.ForgetAsync(place, cancellationToken));
    }

    /// <inheritdoc/>
    public async Task DropDatabaseAsync(string database, CancellationToken cancellationToken)
    {
        (string name, string? projectId) = NeonName.Parse(database);
        NeonPlace? place = projectId is null ? await places.FindAsync(name, cancellationToken) : null;
        await NeonProjects.DeleteAsync(_background, name, projectId ?? place?.ProjectId, cancellationToken);
        if (place is not null)
        {
            await places.ForgetAsync(place, cancellationToken);
        }
    }

    /// <inheritdoc/>
    public ProviderRecovery RecoveryOf(DateTimeOffset removedAt) => new(
        Name,
        removedAt + Recoverable,
        "Neon keeps a deleted project, with its history, for 7 days, in which whoever holds the account can bring it back; there is no way to have it erased sooner.");

    /// <inheritdoc/>
    public Task<IReadOnlyList<DatabaseConsumption>> ReadConsumptionAsync(
        IReadOnlyList<string> databases, DateOnly from, DateOnly to, CancellationToken cancellationToken) =>
        consumption.ReadAsync(databases, from, to, cancellationToken);

    /// <inheritdoc/>
    public async Task<string> UriOfAsync(TenantDatabase database, CancellationToken cancellationToken)
    {
        // The compute's own host: psql and drivers set things in their sessions.
        NeonPlace place = await places.RequireAsync(database.Name, cancellationToken);
        string tls = neon.Value.SslMode == SslMode.Disable ? "sslmode=disable" : "sslmode=require&channel_binding=require";
        return $"postgresql://{database.Role}:{database.Password}@{place.Host}:{neon.Value.Port}/{database.Name}?{tls}";
    }

    private static async Task ExecuteAsync(NpgsqlConnection owner, string sql, CancellationToken cancellationToken)
    {
#pragma warning disable CA2100 // Names are ours.
        await using NpgsqlCommand command = new(sql, owner);
#pragma warning restore CA2100
        await command.ExecuteNonQueryAsync(cancellationToken);
    }
}
