namespace Freehold.Provisioning.Providers.Neon;

/// <summary>The project that a database is in, as the catalog knows it. Before the project is made only the first two and the plan are known.</summary>
/// <param name="Database">Name of the database, which is the project's name as well.</param>
/// <param name="TenantUid">The tenant's uid, or the one that the warm pool keeps for a tenant.</param>
/// <param name="ProjectId">Neon's id of the project.</param>
/// <param name="BranchId">Its one branch.</param>
/// <param name="EndpointId">The compute of that branch.</param>
/// <param name="Host">Where the compute is entered straight.</param>
/// <param name="PoolerHost">Where it is entered through its pooler.</param>
/// <param name="EncryptedPassword">Password of the role that owns the database, sealed for the tenant.</param>
/// <param name="Pending">Operations of Neon's that have to end before anything connects.</param>
/// <param name="Plan">Name of the tenant's plan when read; null while there is no tenant.</param>
internal sealed record NeonPlace(
    string Database,
    Guid TenantUid,
    string? ProjectId,
    string? BranchId,
    string? EndpointId,
    string? Host,
    string? PoolerHost,
    byte[]? EncryptedPassword,
    IReadOnlyList<string> Pending,
    string? Plan)
{
    /// <summary>Name of the role that owns the database.</summary>
    public string Owner => OwnerOf(Database);

    /// <summary>Name of the role that owns a database of that name.</summary>
    public static string OwnerOf(string database) => $"{database}_owner";
}
