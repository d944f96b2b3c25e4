namespace Freehold.Tenants;

/// <summary>States of a tenant: <c>provisioning → active ⇄ suspended → deleting → deleted</c>; <c>failed</c> from provisioning.</summary>
public enum TenantState
{
    /// <summary>Its database is being made.</summary>
    Provisioning,

    /// <summary>Serves.</summary>
    Active,

    /// <summary>Keeps its data and refuses work.</summary>
    Suspended,

    /// <summary>Provisioning gave up, with a reason.</summary>
    Failed,

    /// <summary>Refused to everyone; being erased.</summary>
    Deleting,

    /// <summary>Erased. The id may be used again.</summary>
    Deleted,
}

/// <summary>States as they stand in the catalog and in JSON.</summary>
public static class TenantStates
{
    /// <summary>The state's name, lower case.</summary>
    public static string ToName(this TenantState state) => state switch
    {
        TenantState.Provisioning => "provisioning",
        TenantState.Active => "active",
        TenantState.Suspended => "suspended",
        TenantState.Failed => "failed",
        TenantState.Deleting => "deleting",
        _ => "deleted",
    };

    /// <summary>The state of that name.</summary>
    public static TenantState Parse(string name) =>
        TryParse(name) ?? throw new ArgumentOutOfRangeException(nameof(name), name, "Not a tenant state.");

    /// <summary>The state of that name, or null.</summary>
    public static TenantState? TryParse(string name) =>
        Array.Find(Enum.GetValues<TenantState>(), state => state.ToName() == name) is var found && found.ToName() == name ? found : null;
}
