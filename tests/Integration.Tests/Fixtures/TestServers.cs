namespace Freehold.Integration.Tests.Fixtures;

/// <summary>The servers that <c>./test</c> starts, by environment variable.</summary>
internal static class TestServers
{
    /// <summary>Connection string of a superuser, or null.</summary>
    public static string? Postgres { get; } = Environment.GetEnvironmentVariable("FREEHOLD_TEST_POSTGRES");

    /// <summary>Connection string of a storage account, or null.</summary>
    public static string? Storage { get; } = Environment.GetEnvironmentVariable("FREEHOLD_TEST_STORAGE");

    /// <summary>Connection string of another storage account on the same server, or null.</summary>
    public static string? StorageElsewhere { get; } = Environment.GetEnvironmentVariable("FREEHOLD_TEST_STORAGE_ELSEWHERE");

    /// <summary>Port of a pooler in transaction mode before the server, or null.</summary>
    public static string? Pooler { get; } = Environment.GetEnvironmentVariable("FREEHOLD_TEST_POOLER");

    /// <summary>Why tests that need servers are passed over; null where they run. In CI a missing server is a failure, not a reason.</summary>
    public static string? Missing { get; } =
        (Postgres is null || Storage is null || StorageElsewhere is null) && Environment.GetEnvironmentVariable("CI") != "true"
            ? "FREEHOLD_TEST_POSTGRES, FREEHOLD_TEST_STORAGE and FREEHOLD_TEST_STORAGE_ELSEWHERE name no servers; ./test starts them."
            : null;
}

/// <summary>A test on real servers.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class ServerFactAttribute : FactAttribute
{
    public ServerFactAttribute() => Skip = TestServers.Missing;
}

/// <summary>A test on real servers, with data.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class ServerTheoryAttribute : TheoryAttribute
{
    public ServerTheoryAttribute() => Skip = TestServers.Missing;
}

/// <summary>A test on real servers, through a pooler.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class PoolerFactAttribute : FactAttribute
{
    public PoolerFactAttribute() => Skip = TestServers.Missing
        ?? (TestServers.Pooler is null && Environment.GetEnvironmentVariable("CI") != "true" ? "FREEHOLD_TEST_POOLER names no port; ./test starts PgBouncer." : null);
}
