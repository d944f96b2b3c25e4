using System.Net;
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

    private static readonly NeonPlanOptions NoPlan = new();

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
        NeonPlace place = await FindOrMakeAsync(by, database.Name, terms, cancellationToken);
        await AwaitAsync(by, place, cancellationToken);
        await using NpgsqlConnection owner = await entrance.OpenAsync(place, cancellationToken);
        await ExecuteAsync(owner, $"revoke all on database {database.Name} from public", cancellationToken);
        await SchemaOwner.MakeRolesAsync(owner, cancellationToken);
        await _schema.MigrateAsync(owner, cancellationToken);
        return new DatabaseAddress(place.Host!, neon.Value.Port, place.PoolerHost);
    }

    /// <inheritdoc/>
    public Task OpenDatabaseAsync(TenantDatabase database, CancellationToken cancellationToken) => Roles.CreateRuntimeAsync(database, cancellationToken);

    /// <inheritdoc/>
    public async Task RestAsync(TenantDatabase database, CancellationToken cancellationToken) =>
        await compute.RestAsync(await RequireAsync(database.Name, cancellationToken), cancellationToken);

    /// <inheritdoc/>
    public async Task ApplyTermsAsync(string database, DatabaseTerms terms, CancellationToken cancellationToken)
    {
        if (await FindMadeAsync(database, cancellationToken) is not { } place)
        {
            return;
        }

        NeonPlanOptions plan = PlanOf(terms);
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
        if (await FindMadeAsync(database, cancellationToken) is { } place)
        {
            await compute.EnableAsync(place, cancellationToken);
        }
    }

    /// <inheritdoc/>
    public async Task CloseAccessAsync(string database, string runtimeRole, CancellationToken cancellationToken)
    {
        if (await FindMadeAsync(database, cancellationToken) is { } place)
        {
            await compute.DisableAsync(place, runtimeRole, cancellationToken);
        }
    }

    /// <inheritdoc/>
    public async Task<int> MigrateAsync(string database, CancellationToken cancellationToken)
    {
        await using NpgsqlConnection owner = await entrance.OpenAsync(await RequireAsync(database, cancellationToken), cancellationToken);
        return await _schema.MigrateAsync(owner, cancellationToken);
    }

    /// <inheritdoc/>
    public async Task<NpgsqlConnection> OpenAsOwnerAsync(string database, CancellationToken cancellationToken)
    {
        NpgsqlConnection owner = await entrance.OpenAsync(await RequireAsync(database, cancellationToken), cancellationToken);
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
            if (await IsThereAsync(database, cancellationToken))
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
        NeonListedProject[] projects = [.. page.Projects.Where(project => project.DeletedAt is null && ours.IsMatch(project.Name))];
        IReadOnlyDictionary<string, string> known = await places.FindIdsAsync([.. projects.Select(project => project.Name)], cancellationToken);
        return new InventoryPage(
            [.. projects.Select(project => NeonName.Of(project, known)).Distinct()], [], page.Next, page.UnavailableProjectIds.Count > 0);
    }

    /// <inheritdoc/>
    public async Task RemoveAsync(string database, string role, CancellationToken cancellationToken)
    {
        NeonPlace? place = await places.FindAsync(database, cancellationToken);
        await DeleteAsync(client, database, place?.ProjectId, cancellationToken);
        await places.ForgetAsync(database, cancellationToken);
    }

    /// <inheritdoc/>
    public async Task DropDatabaseAsync(string database, CancellationToken cancellationToken)
    {
        (string name, string? projectId) = NeonName.Parse(database);
        await DeleteAsync(_background, name, projectId, cancellationToken);
        if (projectId is null)
        {
            await places.ForgetAsync(name, cancellationToken);
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
        NeonPlace place = await RequireAsync(database.Name, cancellationToken);
        string tls = neon.Value.SslMode == SslMode.Disable ? "sslmode=disable" : "sslmode=require&channel_binding=require";
        return $"postgresql://{database.Role}:{database.Password}@{place.Host}:{neon.Value.Port}/{database.Name}?{tls}";
    }

    private NeonPlanOptions PlanOf(DatabaseTerms terms) => tenancy.Value.Plans.FirstOrDefault(plan => plan.Name == terms.Plan) ?? NoPlan;

    private async Task<NeonPlace> FindOrMakeAsync(NeonClient by, string database, DatabaseTerms terms, CancellationToken cancellationToken)
    {
        bool isFirst = await places.BeginAsync(database, terms.TenantUid, cancellationToken);
        if (!isFirst && await FindMadeAsync(database, cancellationToken) is { } earlier)
        {
            return earlier;
        }

        NeonPlanOptions plan = PlanOf(terms);
        NeonTenantProject project = await by.CreateProjectAsync(
            new NeonProjectPlan(database, NeonPlace.OwnerOf(database), database) { Quota = plan.Quota, Compute = plan.ComputeOf(neon.Value) },
            resumed: !isFirst,
            cancellationToken);
        if (!await places.KeepAsync(database, project, cancellationToken))
        {
            // Another host has made it as well, or nobody wants it any more.
            await by.DeleteProjectAsync(project.ProjectId, cancellationToken);
        }

        return await RequireAsync(database, cancellationToken);
    }

    private async Task AwaitAsync(NeonClient by, NeonPlace place, CancellationToken cancellationToken)
    {
        if (place.Pending.Count == 0)
        {
            return;
        }

        try
        {
            await by.WaitAsync(place.ProjectId!, place.Pending, time.GetUtcNow() + tenancy.Value.Patience, cancellationToken);
            await places.SettleAsync(place.Database, cancellationToken);
        }
        catch (NeonException exception) when (exception.OperationFailed || exception.Status == HttpStatusCode.NotFound)
        {
            // It never became a database, and never will; or an earlier attempt has deleted it for that, and not been answered. The next makes another.
            await by.DeleteProjectAsync(place.ProjectId!, cancellationToken);
            await places.ForgetAsync(place.Database, cancellationToken);
            throw new NeonException(exception.Message, exception) { IsTransient = true };
        }
    }

    private static async Task DeleteAsync(NeonClient by, string database, string? projectId, CancellationToken cancellationToken)
    {
        // A project that was asked for, and of which no answer came, is found by its name.
        projectId ??= (await by.FindProjectAsync(database, cancellationToken))?.Id;
        if (projectId is not null)
        {
            await by.DeleteProjectAsync(projectId, cancellationToken);
        }
    }

    private async Task<bool> IsThereAsync(string database, CancellationToken cancellationToken)
    {
        if (await FindMadeAsync(database, cancellationToken) is not { } place)
        {
            return await _background.FindProjectAsync(database, cancellationToken) is not null;
        }

        try
        {
            await _background.GetProjectAsync(place.ProjectId!, cancellationToken);
            return true;
        }
        catch (NeonException exception) when (exception.Status == HttpStatusCode.NotFound)
        {
            return false;
        }
    }

    private async Task<NeonPlace?> FindMadeAsync(string database, CancellationToken cancellationToken) =>
        await places.FindAsync(database, cancellationToken) is { ProjectId: not null } place ? place : null;

    private async Task<NeonPlace> RequireAsync(string database, CancellationToken cancellationToken) =>
        await FindMadeAsync(database, cancellationToken) ?? throw new DatabaseGoneException(database);

    private static async Task ExecuteAsync(NpgsqlConnection owner, string sql, CancellationToken cancellationToken)
    {
#pragma warning disable CA2100 // Names are ours.
        await using NpgsqlCommand command = new(sql, owner);
#pragma warning restore CA2100
        await command.ExecuteNonQueryAsync(cancellationToken);
    }
}
