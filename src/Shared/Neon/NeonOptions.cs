using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.Options;
using Npgsql;

namespace Freehold.Neon;

/// <summary>
/// Settings below <c>Provisioning:Neon</c>: the account in which tenants' projects are made, and how fast it may be asked.
/// </summary>
public sealed class NeonOptions : IValidatableObject
{
    /// <summary>Key of the account or the organization; a reference to a secret, not a value in a file.</summary>
    [Required]
    public required string ApiKey { get; set; }

    /// <summary>Address of the API. Default <c>https://console.neon.tech/api/v2</c>.</summary>
    public Uri ApiAddress { get; set; } = new("https://console.neon.tech/api/v2");

    /// <summary>The organization. Needed with a personal key, and for figures of consumption.</summary>
    public string? OrgId { get; set; }

    /// <summary>Where projects are made, by Neon's name, such as <c>aws-eu-central-1</c>. It cannot be changed afterwards.</summary>
    [Required]
    public required string RegionId { get; set; }

    /// <summary>Major version of PostgreSQL. Default 17. It cannot be changed afterwards.</summary>
    [Range(14, 18)]
    public int PgVersion { get; set; } = 17;

    /// <summary>Least size of a project's compute, in compute units (one is about 4 GB of memory). Default 0.25.</summary>
    [Range(0.25, 56)]
    public double MinComputeUnits { get; set; } = 0.25;

    /// <summary>Greatest size of a project's compute, in compute units. Default 1.</summary>
    [Range(0.25, 56)]
    public double MaxComputeUnits { get; set; } = 1;

    /// <summary>
    /// How long a compute runs on without a connection before it sleeps. Default 0: Neon's default, 5 minutes. Otherwise 1 minute to 7
    /// days, within what the plan allows.
    /// </summary>
    [Range(typeof(TimeSpan), "00:00:00", "7.00:00:00")]
    public TimeSpan SuspendTimeout { get; set; } = TimeSpan.Zero;

    /// <summary>How far back a project can be restored. Default 1 day; 0 to 30 days, within what the plan allows.</summary>
    [Range(typeof(TimeSpan), "00:00:00", "30.00:00:00")]
    public TimeSpan HistoryRetention { get; set; } = TimeSpan.FromDays(1);

    /// <summary>Port of Neon's computes and poolers. Default 5432; another where a simulator stands for Neon.</summary>
    [Range(1, 65535)]
    public int Port { get; set; } = 5432;

    /// <summary>
    /// How connections to Neon's computes are secured. Default <c>VerifyFull</c>; less only where a simulator stands for Neon.
    /// </summary>
    public SslMode SslMode { get; set; } = SslMode.VerifyFull;

    /// <summary>Requests a minute that the account allows. Default 700, Neon's published limit.</summary>
    [Range(1, 1_000_000)]
    public int RequestsPerMinute { get; set; } = 700;

    /// <summary>Requests a second that the account allows for one route. Default 40, Neon's published limit.</summary>
    [Range(1, 100_000)]
    public int RequestsPerSecondAndRoute { get; set; } = 40;

    /// <summary>Requests a minute for figures of consumption. Default 30, Neon's published limit.</summary>
    [Range(1, 1_000_000)]
    public int ConsumptionRequestsPerMinute { get; set; } = 30;

    /// <summary>
    /// The part of these rates that this host may use, since each host counts its own requests only: with three hosts on one account, 0.33
    /// on each. Default 1.
    /// </summary>
    [Range(0.001, 1)]
    public double Share { get; set; } = 1;

    /// <summary>The part of this host's requests a minute that is kept for those for which a person waits. Default 0.1.</summary>
    [Range(0, 0.9)]
    public double ReserveForPersons { get; set; } = 0.1;

    /// <summary>How long one attempt at a request may take. Default 30 s.</summary>
    [Range(typeof(TimeSpan), "00:00:00.1", "00:10:00")]
    public TimeSpan AttemptTimeout { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>
    /// How long a request is tried again, counted from its first attempt: while the project is busy, while Neon is away. Default 2 minutes.
    /// </summary>
    [Range(typeof(TimeSpan), "00:00:00", "01:00:00")]
    public TimeSpan RetryBudget { get; set; } = TimeSpan.FromMinutes(2);

    /// <summary>
    /// Pause before the second attempt at most; doubled for each further one up to <see cref="LongestPause"/>, and chosen at random below
    /// that. Default 0.5 s.
    /// </summary>
    [Range(typeof(TimeSpan), "00:00:00.001", "00:01:00")]
    public TimeSpan FirstPause { get; set; } = TimeSpan.FromSeconds(0.5);

    /// <summary>The longest pause between two attempts, unless Neon asks for a longer one. Default 8 s.</summary>
    [Range(typeof(TimeSpan), "00:00:00.001", "00:10:00")]
    public TimeSpan LongestPause { get; set; } = TimeSpan.FromSeconds(8);

    /// <summary>
    /// How long to wait before a project whose creation was not answered is looked for, and looked for once more before another is made.
    /// Default 2 s.
    /// </summary>
    [Range(typeof(TimeSpan), "00:00:00.001", "00:05:00")]
    public TimeSpan SettlePause { get; set; } = TimeSpan.FromSeconds(2);

    /// <inheritdoc/>
    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (!ApiAddress.IsAbsoluteUri || (ApiAddress.Scheme != Uri.UriSchemeHttps && !ApiAddress.IsLoopback))
        {
            yield return new ValidationResult("An address begins with https://; http:// is for this machine only.", [nameof(ApiAddress)]);
        }

        if (MinComputeUnits > MaxComputeUnits)
        {
            yield return new ValidationResult($"{nameof(MinComputeUnits)} is at most {nameof(MaxComputeUnits)}.", [nameof(MinComputeUnits)]);
        }

        if (SuspendTimeout > TimeSpan.Zero && SuspendTimeout < TimeSpan.FromMinutes(1))
        {
            yield return new ValidationResult("It is 0 or at least a minute.", [nameof(SuspendTimeout)]);
        }
    }
}

[OptionsValidator]
internal sealed partial class NeonOptionsValidator : IValidateOptions<NeonOptions>;
