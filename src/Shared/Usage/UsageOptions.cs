using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.Options;

namespace Freehold.Usage;

/// <summary>Settings below <c>Usage</c>.</summary>
public sealed class UsageOptions
{
    /// <summary>How often counts are written down, and so how much a crash may lose. Default 5 s.</summary>
    [Range(typeof(TimeSpan), "00:00:00.100", "00:01:00")]
    public TimeSpan FlushInterval { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>What the cost estimate reckons with.</summary>
    [Required, ValidateObjectMembers]
    public PriceTable Prices { get; set; } = new();
}

/// <summary>Prices of the cost estimate. The defaults are samples: put your own in their place.</summary>
public sealed class PriceTable
{
    /// <summary>Currency. Sample: <c>EUR</c>.</summary>
    [Required, RegularExpression("^[A-Z]{3}$")]
    public string Currency { get; set; } = "EUR";

    /// <summary>A tenant for a month. Sample: 5.</summary>
    [Range(0, 1e9)]
    public decimal TenantMonth { get; set; } = 5m;

    /// <summary>A GiB of documents stored for a month. Sample: 0.50.</summary>
    [Range(0, 1e9)]
    public decimal GibibyteMonth { get; set; } = 0.50m;

    /// <summary>A thousand queries. Sample: 0.10.</summary>
    [Range(0, 1e9)]
    public decimal ThousandQueries { get; set; } = 0.10m;

    /// <summary>A million embedded tokens. Sample: 0.05.</summary>
    [Range(0, 1e9)]
    public decimal MillionTokens { get; set; } = 0.05m;
}

[OptionsValidator]
internal sealed partial class UsageOptionsValidator : IValidateOptions<UsageOptions>;
