using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.Options;

namespace Freehold.Postgres;

/// <summary>
/// Settings below <c>Retrieval</c> for tenants whose vectors are too many to look at all of them in every search.
/// </summary>
public sealed class ApproximationOptions
{
    /// <summary>The default of <see cref="ApproximateAbove"/>.</summary>
    public const int DefaultApproximateAbove = 10_000;

    /// <summary>The most that a search keeps in view in an index: pgvector's own limit.</summary>
    internal const int MostInView = 1_000;

    /// <summary>Chunks above which a tenant's vectors get an index. Up to this many, a filter's included, every search is exact. Default 10,000.</summary>
    [Range(1, 100_000_000)]
    public int ApproximateAbove { get; set; } = DefaultApproximateAbove;

    /// <summary>Recall@10 under which a tenant's searches look at more of its index. Default 0.95.</summary>
    [Range(0.5, 1)]
    public double RecallTarget { get; set; } = 0.95;

    /// <summary>Of how many searches with vectors one is compared with the exact one. Default 200; 0 compares none.</summary>
    [Range(0, 1_000_000)]
    public int RecallSampleRate { get; set; } = 200;

    /// <summary>Memory in MB that the building of an index may take in the database server. Default 256; about 1.5 KB a chunk make it fastest.</summary>
    [Range(1, 1_000_000)]
    public int IndexMemory { get; set; } = 256;
}

[OptionsValidator]
internal sealed partial class ApproximationOptionsValidator : IValidateOptions<ApproximationOptions>;
