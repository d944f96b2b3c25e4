using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.Options;

namespace Freehold.Retrieval;

/// <summary>Settings below <c>Retrieval</c>.</summary>
public sealed class RetrievalOptions
{
    /// <summary>Most UTF-16 code units of a query. Default 4,000.</summary>
    [Range(1, 100_000)]
    public int MaxQueryLength { get; set; } = 4_000;

    /// <summary>Most passages of an answer. Default 100.</summary>
    [Range(1, 1_000)]
    public int MaxLimit { get; set; } = 100;

    /// <summary>Passages that each side of a hybrid search puts forward. Default 100; at least the limit asked for is taken.</summary>
    [Range(1, 10_000)]
    public int Candidates { get; set; } = 100;

    /// <summary>How long the vector of a query is remembered that a model elsewhere made. Default 10 minutes.</summary>
    [Range(typeof(TimeSpan), "00:00:00.001", "1.00:00:00")]
    public TimeSpan QueryCacheLifetime { get; set; } = TimeSpan.FromMinutes(10);

    /// <summary>Bytes of memory for such vectors and their queries, over all tenants; 0 remembers none. Default 32 MiB.</summary>
    [Range(0, 1L << 32)]
    public long QueryCacheBytes { get; set; } = 32 << 20;
}

[OptionsValidator]
internal sealed partial class RetrievalOptionsValidator : IValidateOptions<RetrievalOptions>;
