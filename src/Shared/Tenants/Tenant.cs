namespace Freehold.Tenants;

/// <summary>A tenant as its operator sees it.</summary>
public sealed record Tenant(
    Guid Uid,
    TenantId Id,
    string DisplayName,
    TenantState State,
    string Region,
    string Plan,
    DateTimeOffset CreatedAt,
    DateTimeOffset? ReadyAt,
    int? SchemaVersion,
    string? Failure)
{
    /// <summary>Set while the provider of the tenant's database refuses it for its quota.</summary>
    public QuotaStop? OverQuota { get; init; }
}

/// <summary>The provider of a tenant's database has stopped it, since its quota is used up. It goes on with the next period, or another plan.</summary>
/// <param name="Since">When that was last seen.</param>
/// <param name="ResetsAt">When the next period begins; null where that is not known.</param>
public sealed record QuotaStop(DateTimeOffset Since, DateTimeOffset? ResetsAt);

/// <summary>
/// Where an active tenant's database is, and how to enter it. Travels in memory only: never logged, never in a message.
/// </summary>
/// <param name="Uid">The tenant's uid; keys every cache.</param>
/// <param name="Id">The tenant's id.</param>
/// <param name="State">State when read.</param>
/// <param name="Plan">Name of its plan when read.</param>
/// <param name="Provider">Name of the provider that has the database.</param>
/// <param name="Host">Server of the database.</param>
/// <param name="Port">Its port.</param>
/// <param name="PoolerHost">A pooler in transaction mode of the database's own, at the same port; null for none.</param>
/// <param name="Database">Name of the database.</param>
/// <param name="Role">Name of the runtime role.</param>
/// <param name="EncryptedPassword">The role's password, sealed by <see cref="CredentialCipher"/>.</param>
/// <param name="SchemaVersion">Version of the database's schema when read.</param>
/// <param name="EmbeddingModel">Id of the model whose vectors the database holds, when read.</param>
/// <param name="Region">Its region when read: only that region's hosts enter the database.</param>
public sealed record TenantPlacement(
    Guid Uid,
    TenantId Id,
    TenantState State,
    string Plan,
    string Provider,
    string? Host,
    int? Port,
    string? PoolerHost,
    string? Database,
    string? Role,
    byte[]? EncryptedPassword,
    int? SchemaVersion,
    string EmbeddingModel,
    string Region)
{
    /// <summary>The region that it is to be in, while that is another.</summary>
    public string? NextRegion { get; init; }

    /// <summary>Whether nothing of it may be written: it changes its region at the moment.</summary>
    public bool IsPaused { get; init; }

    /// <summary>Whether the provider was last seen, by whichever host, to refuse the database for its quota.</summary>
    public bool IsOverQuota { get; init; }

    /// <summary>Refuses what would be written in a region that the tenant is about to leave.</summary>
    /// <exception cref="TenantChangingRegionException">It is.</exception>
    public void RequireUnpaused()
    {
        if (IsPaused)
        {
            throw new TenantChangingRegionException();
        }
    }

    /// <inheritdoc/>
    public override string ToString() => $"{Id} ({Uid})";
}
