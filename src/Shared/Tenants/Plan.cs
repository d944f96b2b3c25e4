using System.ComponentModel.DataAnnotations;
using System.Text.Json.Serialization;

namespace Freehold.Tenants;

/// <summary>What a tenant may use. A limit that is not set does not limit.</summary>
public sealed class Plan
{
    /// <summary>Name, as tenants and commands say it.</summary>
    [JsonIgnore, Required, RegularExpression("^[a-z][a-z0-9-]{0,39}$")]
    public string Name { get; set; } = string.Empty;

    /// <summary>Most documents.</summary>
    [Range(0, long.MaxValue)]
    public long? MaxDocuments { get; set; }

    /// <summary>Most bytes of all documents together, as they were uploaded.</summary>
    [Range(0, long.MaxValue)]
    public long? MaxStoredBytes { get; set; }

    /// <summary>Most passages of all documents together.</summary>
    [Range(0, long.MaxValue)]
    public long? MaxChunks { get; set; }

    /// <summary>Most tokens embedded in a calendar month (UTC).</summary>
    [Range(0, long.MaxValue)]
    public long? EmbeddedTokensPerMonth { get; set; }

    /// <summary>
    /// Most seconds in a calendar month (UTC) for which the compute of the tenant's database is awake. When they are over it is woken no more; one that is awake
    /// goes on. Set it below the quota at the provider, which suspends late and in the middle of something.
    /// </summary>
    [Range(60, long.MaxValue)]
    public long? AwakeSecondsPerMonth { get; set; }

    /// <summary>Most queries a minute, on each host.</summary>
    [Range(1, 1_000_000)]
    public int? QueriesPerMinute { get; set; }

    /// <summary>Most connections to the tenant's database, from each host.</summary>
    [Range(1, 1_000)]
    public int? Connections { get; set; }

    /// <summary>Most searches at a time, on each host.</summary>
    [Range(1, 10_000)]
    public int? ConcurrentSearches { get; set; }

    /// <summary>Most documents that are taken in at a time, over all hosts. Default 4.</summary>
    [Range(1, 1_000)]
    public int DocumentsAtOnce { get; set; } = 4;

    /// <summary>Whether nothing that is stored is limited.</summary>
    internal bool HasRoomForAll => MaxDocuments is null && MaxStoredBytes is null && MaxChunks is null;

    /// <summary>The plans of an installation that configures none: samples to begin with.</summary>
    public static IReadOnlyList<Plan> Samples { get; } =
    [
        new()
        {
            Name = "free",
            MaxDocuments = 1_000,
            MaxStoredBytes = 1L << 30,
            MaxChunks = 100_000,
            EmbeddedTokensPerMonth = 5_000_000,
            QueriesPerMinute = 600,
            Connections = 4,
            ConcurrentSearches = 4,
            DocumentsAtOnce = 2,
        },
        new()
        {
            Name = "standard",
            MaxDocuments = 100_000,
            MaxStoredBytes = 100L << 30,
            MaxChunks = 5_000_000,
            EmbeddedTokensPerMonth = 500_000_000,
            QueriesPerMinute = 3_000,
            Connections = 8,
            ConcurrentSearches = 16,
        },
        new() { Name = "enterprise", DocumentsAtOnce = 8 },
    ];
}
