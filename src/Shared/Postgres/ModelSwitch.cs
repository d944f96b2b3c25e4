namespace Freehold.Postgres;

/// <summary>
/// Keeps a tenant's database from changing its embedding model while vectors are published: publishers share a lock of their
/// transaction, and who changes the model has it alone.
/// </summary>
internal static class ModelSwitch
{
    /// <summary>Taken by whoever publishes.</summary>
    public const string Publisher = "pg_advisory_xact_lock_shared(3, 0)";

    /// <summary>Taken by whoever changes the model.</summary>
    public const string Switcher = "pg_advisory_xact_lock(3, 0)";

    /// <summary>Taken by whoever prepares or makes a change, so that there is one at a time.</summary>
    public const string Changer = "pg_advisory_xact_lock(3, 1)";

    /// <summary>Of the session that builds an index, so that there is one at a time; false where another holds it.</summary>
    public const string Indexer = "pg_try_advisory_lock(3, 2)";
}
