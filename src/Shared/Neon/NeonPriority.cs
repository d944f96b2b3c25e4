namespace Freehold.Neon;

/// <summary>Who waits for a request. It decides who goes first when Neon's rates leave too few for all.</summary>
internal enum NeonPriority
{
    /// <summary>A person waits: for a tenant to be made, say.</summary>
    Person,

    /// <summary>Nobody waits: pools, sweeps, figures.</summary>
    Background,
}
