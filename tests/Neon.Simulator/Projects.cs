namespace Freehold.Neon.Simulator;

/// <summary>All projects there are, and were. Whoever looks at one holds <see cref="Lock"/>.</summary>
internal sealed class Projects(TimeProvider time, string idPrefix)
{
    private readonly SortedDictionary<string, SimulatedProject> _projects = new(StringComparer.Ordinal);
    private int _last;

    public Lock Lock { get; } = new();

    public DateTimeOffset Now => time.GetUtcNow();

    /// <summary>By id.</summary>
    public IEnumerable<SimulatedProject> All => _projects.Values;

    public string NextId() => FormattableString.Invariant($"{idPrefix}-{++_last:D8}");

    public void Add(SimulatedProject project) => _projects.Add(project.Id, project);

    public SimulatedProject? Find(string id) => _projects.GetValueOrDefault(id);

    /// <summary>A project that is not deleted.</summary>
    public SimulatedProject Get(string id) =>
        Find(id) is { IsThere: true } project ? project : throw new RefusedException(404, "project not found");

    /// <summary>A project to be changed, which no operation works on.</summary>
    public SimulatedProject Free(string id)
    {
        SimulatedProject project = Get(id);
        return !project.Operations.IsBusy(Now) ? project : throw Locked();
    }

    public SimulatedProject? OfDatabase(string database) =>
        _projects.Values.LastOrDefault(project => !project.IsPurged && project.Databases.ContainsKey(database));

    public static RefusedException Locked() =>
        new(423, "project already has running conflicting operations, scheduling of new ones is prohibited");
}
