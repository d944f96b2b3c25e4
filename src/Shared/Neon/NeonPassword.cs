namespace Freehold.Neon;

/// <summary>A role's password. A class, not a record: a record would print it.</summary>
internal sealed class NeonPassword
{
    public required string Password { get; init; }
}

/// <summary>An address with credentials.</summary>
internal sealed class NeonConnectionUri
{
    public required string Uri { get; init; }
}
