namespace Freehold.Neon.Simulator;

/// <summary>What a simulator is like.</summary>
public sealed record SimulatorOptions
{
    /// <summary>
    /// Connection string of a superuser of the PostgreSQL in which projects' databases are made. Null: projects exist in memory alone.
    /// </summary>
    public string? Postgres { get; init; }

    /// <summary>Port on 127.0.0.1 of a pooler in front of that PostgreSQL. Null: the pooler's host leads straight to PostgreSQL.</summary>
    public int? PoolerPort { get; init; }

    /// <summary>The clock of operations, sleep and limits.</summary>
    public TimeProvider Time { get; init; } = TimeProvider.System;

    /// <summary>The one key that is accepted.</summary>
    public string ApiKey { get; init; } = "napi_simulated";

    /// <summary>The organization to which everything belongs.</summary>
    public string OrgId { get; init; } = "org-simulated-00000001";

    /// <summary>What ids of projects begin with; those of simulators that share a catalog must differ.</summary>
    public string IdPrefix { get; init; } = "simulated-project";

    /// <summary>How long each operation takes; those of one request run one after the other.</summary>
    public TimeSpan OperationTime { get; init; } = TimeSpan.FromMilliseconds(50);

    /// <summary>How long a connection waits for a compute that sleeps.</summary>
    public TimeSpan ColdStart { get; init; } = TimeSpan.FromMilliseconds(300);

    /// <summary>How long a compute is awake without a connection, instead of what its settings say. Null: as they say.</summary>
    public TimeSpan? SuspendTimeout { get; init; }

    /// <summary>How long a deleted project can be brought back.</summary>
    public TimeSpan RecoveryWindow { get; init; } = TimeSpan.FromDays(7);

    /// <summary>How many projects there are at the most; one more is refused. Null: any number.</summary>
    public int? ProjectsLimit { get; init; }

    /// <summary>Whether requests are kept with their bodies and answers, which take room where there are very many.</summary>
    public bool KeepsBodies { get; init; } = true;

    /// <summary>How many projects are listed that exist nowhere else, after those that were made.</summary>
    public int ListedProjects { get; init; }

    /// <summary>Names of the first of them.</summary>
    public IReadOnlyList<string> ListedNames { get; init; } = [];
}
