namespace Freehold.Neon;

/// <summary>A role with its password, where Neon tells it. A class, not a record: a record would print it.</summary>
internal sealed class NeonRole
{
    public required string Name { get; init; }

    public string? Password { get; init; }
}

/// <summary>A role that was made or changed, and the operations that make it so.</summary>
internal sealed class NeonRoleChange
{
    public required NeonRole Role { get; init; }

    public IReadOnlyList<NeonOperation> Operations { get => field ?? []; init; }
}

/// <summary>The body that makes a role.</summary>
internal sealed record NeonRoleRequest(NeonNewRole Role);

/// <summary>A role to be made.</summary>
internal sealed record NeonNewRole(string Name);

/// <summary>A role's password.</summary>
internal sealed class NeonPassword
{
    public required string Password { get; init; }
}

/// <summary>An address with credentials.</summary>
internal sealed class NeonConnectionUri
{
    public required string Uri { get; init; }
}

/// <summary>A database of a branch.</summary>
internal sealed record NeonDatabase
{
    public required string Name { get; init; }

    public required string OwnerName { get; init; }
}

/// <summary>The body that makes a database.</summary>
internal sealed record NeonDatabaseRequest(NeonDatabase Database);

/// <summary>A database that was made or dropped, and the operations that make it so.</summary>
internal sealed record NeonDatabaseChange
{
    public NeonDatabase? Database { get; init; }

    public IReadOnlyList<NeonOperation> Operations { get => field ?? []; init; }
}
