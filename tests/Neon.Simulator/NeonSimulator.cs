namespace Freehold.Neon.Simulator;

/// <summary>
/// A server on this machine that stands for Neon in tests and measurements. It is made from Neon's published description of its API
/// (<see href="https://neon.com/api_spec/release/v2.json"/>) and was never compared with the service.
/// <para>
/// It answers the calls that this product makes, and the one that brings a deleted project back, with bodies of the described shape; lets
/// operations take time, and refuses changes meanwhile; counts and limits requests; goes wrong where it is told to; and keeps projects'
/// databases on a PostgreSQL that it is given, behind a gateway that puts computes to sleep and wakes them.
/// </para>
/// <para>
/// It is not Neon. A project has one branch, no history and no TLS. All projects share one server, so their roles and databases must have
/// different names, and roles of one project can see those of another; the extension vector is there from the start. What is written,
/// computed and transferred is not measured. A change of a compute that sleeps does not wake it. Nothing here says how fast Neon is.
/// </para>
/// Disposing drops all that was made, and roles that were made by SQL if they can log in and have rights in projects' databases alone.
/// </summary>
public sealed class NeonSimulator : IAsyncDisposable
{
    private readonly SimulatorOptions _options;
    private readonly Projects _projects;
    private readonly ServerDatabases _server;
    private readonly AccountCalls _account;
    private readonly ApiServer _api;
    private readonly ComputeGateway? _gateway;

    private NeonSimulator(SimulatorOptions options)
    {
        _options = options;
        _projects = new Projects(options.Time, options.IdPrefix);
        _server = new ServerDatabases(options.Postgres);
        _account = new AccountCalls(_projects, options);
        _api = new ApiServer(new Routes(_projects, _server, _account, options), options);
        _gateway = options.Postgres is null ? null : new ComputeGateway(_projects, options);
    }

    /// <summary>What <c>Provisioning:Neon:ApiAddress</c> is to be.</summary>
    public Uri Address => _api.Address;

    /// <summary>What <c>Provisioning:Neon:ApiKey</c> is to be.</summary>
    public string ApiKey => _options.ApiKey;

    /// <summary>What <c>Provisioning:Neon:OrgId</c> is to be.</summary>
    public string OrgId => _options.OrgId;

    /// <summary>What <c>Provisioning:Neon:Port</c> is to be, with <c>SslMode</c> <c>Disable</c>. The hosts are in answers.</summary>
    public int Port => _gateway?.Port ?? throw new InvalidOperationException("There is no PostgreSQL behind it.");

    /// <summary>What goes wrong.</summary>
    public FaultPlan Faults => _api.Faults;

    /// <summary>How fast it may be asked, and was.</summary>
    public RequestRates Rates => _api.Rates;

    /// <summary>All requests so far, in the order of their answers.</summary>
    public IReadOnlyList<SimulatedRequest> Requests => _api.Requests;

    /// <summary>Connections that woke a compute so far.</summary>
    public IReadOnlyList<Wake> Wakes => _gateway?.Wakes ?? [];

    /// <summary>The projects that are there, by id.</summary>
    public IReadOnlyDictionary<string, string> Projects =>
        Look(projects => projects.All.Where(project => project.IsThere).ToDictionary(project => project.Id, project => project.Name));

    /// <summary>Starts one.</summary>
    public static async Task<NeonSimulator> StartAsync(SimulatorOptions options)
    {
        NeonSimulator simulator = new(options);
        await simulator._api.StartAsync();
        return simulator;
    }

    /// <summary>Whether a project's compute sleeps.</summary>
    public bool Sleeps(string projectId) => Look(projects => projects.Get(projectId).Compute.Sleeps(projects.Now, _options.SuspendTimeout));

    /// <summary>How many connections a project's compute has.</summary>
    public int Connections(string projectId) => Look(projects => projects.Get(projectId).Compute.Connections);

    /// <summary>Puts a project's compute to sleep, whoever is connected.</summary>
    public void LetSleep(string projectId) => Change(projectId, project => project.Compute.Sleep());

    /// <summary>Lets a project exceed its quota, or be within it again.</summary>
    public void SetOverQuota(string projectId, bool isOver) => Change(projectId, project =>
    {
        project.Compute.IsOverQuota = isOver;
        if (isOver)
        {
            project.Compute.Sleep();
        }
    });

    /// <summary>
    /// Starts an operation that nobody asked for, such as <c>check_availability</c> or <c>suspend_compute</c>; the project is locked
    /// meanwhile.
    /// </summary>
    public void RunOperation(string projectId, string action) => Change(projectId, project =>
    {
        project.Operations.Add([action], _projects.Now, _options.OperationTime, error: null);
        if (action == "suspend_compute")
        {
            project.Compute.Sleep();
        }
    });

    /// <summary>Sets a project's own counters of use.</summary>
    public void SetUsage(string projectId, ProjectUsage usage) => Change(projectId, project => project.Usage = usage);

    /// <summary>Sets one figure of the history of consumption.</summary>
    public void SetConsumption(string projectId, DateTimeOffset from, DateTimeOffset to, string metric, long value) =>
        _account.SetConsumption(projectId, from, to, metric, value);

    /// <summary>Removes for good what was deleted longer ago than it can be brought back.</summary>
    public Task PurgeAsync() => DropAsync(project => project.DeletedAt + _options.RecoveryWindow <= _projects.Now);

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _api.DisposeAsync();
        if (_gateway is not null)
        {
            await _gateway.DisposeAsync();
        }

        await DropAsync(_ => true);
        await _server.DisposeAsync();
    }

    private async Task DropAsync(Func<SimulatedProject, bool> which)
    {
        SimulatedProject[] dropped = Look(projects => projects.All.Where(project => !project.IsPurged && which(project)).ToArray());
        foreach (SimulatedProject project in dropped)
        {
            Look(projects => (project.IsPurged, project.DeletedAt) = (true, project.DeletedAt ?? projects.Now));
            await _server.DropAsync(project.Databases.Keys, project.Roles.Keys);
        }
    }

    private T Look<T>(Func<Projects, T> look)
    {
        lock (_projects.Lock)
        {
            return look(_projects);
        }
    }

    private void Change(string projectId, Action<SimulatedProject> change) => Look(projects =>
    {
        change(projects.Get(projectId));
        return projectId;
    });
}
