using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.Options;

namespace Freehold.Tenants;

/// <summary>Settings below <c>Tenants</c>.</summary>
public sealed class TenantsOptions : IValidatableObject
{
    /// <summary>SHA-256 of the admin key, 64 hexadecimal digits. The key itself is never configured.</summary>
    [Required, RegularExpression("^[0-9a-fA-F]{64}$")]
    public required string AdminKeySha256 { get; set; }

    /// <summary>Whether the admin key opens tenant routes. Off by default: operators do not read tenants' documents.</summary>
    public bool AdminMayUseTenantRoutes { get; set; }

    /// <summary>Keys that seal tenants' database credentials. The first seals; all of them open.</summary>
    [Required, MinLength(1), ValidateEnumeratedItems]
    public required IList<CredentialKey> CredentialKeys { get; set; }

    /// <summary>
    /// Keys that sign deletion certificates. The first signs; the public halves of all of them are published. Without any, each
    /// credential key gives one, which can be verified for as long as that is configured.
    /// </summary>
    [Required, ValidateEnumeratedItems]
    public IList<CertificateKey> CertificateKeys { get; set; } = [];

    /// <summary>Region of tenants that name none. Default <c>local</c>.</summary>
    [Required]
    public string DefaultRegion { get; set; } = "local";

    /// <summary>Plan of tenants that name none. Default <c>free</c>.</summary>
    [Required]
    public string DefaultPlan { get; set; } = "free";

    /// <summary>Plans there are. Default <see cref="Plan.Samples"/>; configured ones take the place of all of them.</summary>
    [Required, ValidateEnumeratedItems]
    public IList<Plan> Plans { get; set; } = [];

    /// <summary>How long a checked key is trusted without asking the catalog again: a revocation made on another host takes effect within it. Default 5 s.</summary>
    [Range(typeof(TimeSpan), "00:00:00.001", "00:00:05")]
    public TimeSpan KeyCacheLifetime { get; set; } = TimeSpan.FromSeconds(5);

    internal IEnumerable<Plan> PlansInForce() => Plans.Count > 0 ? Plans : Plan.Samples;

    /// <inheritdoc/>
    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (PlansInForce().GroupBy(plan => plan.Name).Any(group => group.Count() > 1))
        {
            yield return new ValidationResult("Two plans have the same name.", [nameof(Plans)]);
        }

        if (CredentialKeys.GroupBy(key => key.Id).Any(group => group.Count() > 1))
        {
            yield return new ValidationResult("Two credential keys have the same id.", [nameof(CredentialKeys)]);
        }

        if (CertificateKeys.GroupBy(key => key.Id).Any(group => group.Count() > 1))
        {
            yield return new ValidationResult("Two certificate keys have the same id.", [nameof(CertificateKeys)]);
        }

        if (PlansInForce().All(plan => plan.Name != DefaultPlan))
        {
            yield return new ValidationResult("The default plan is none of the plans.", [nameof(DefaultPlan)]);
        }
    }
}

/// <summary>One key for sealing credentials.</summary>
public sealed class CredentialKey
{
    /// <summary>Name of the key; stands in every sealed value.</summary>
    [Required, RegularExpression("^[a-z0-9-]{1,32}$")]
    public required string Id { get; set; }

    /// <summary>256 bits, base64.</summary>
    [Required]
    public required string Key { get; set; }
}

/// <summary>One key for signing certificates.</summary>
public sealed class CertificateKey
{
    /// <summary>Name of the key; stands in every certificate.</summary>
    [Required, RegularExpression("^[a-z0-9-]{1,32}$")]
    public required string Id { get; set; }

    /// <summary>A private key of P-256: 32 bytes, base64.</summary>
    [Required, P256PrivateKey]
    public required string Key { get; set; }
}

/// <summary>Settings below <c>Catalog</c>.</summary>
public sealed class CatalogOptions
{
    /// <summary>Connection string of the control database, in Npgsql's form.</summary>
    [Required]
    public required string ConnectionString { get; set; }

    /// <summary>Most connections to the control database a host opens. Default 20.</summary>
    [Range(1, 500)]
    public int MaxConnections { get; set; } = 20;
}

/// <summary>Settings below <c>WorkStore</c>.</summary>
public sealed class WorkStoreOptions
{
    /// <summary>Connection string of the database that holds documents' paths and states, in Npgsql's form. Default: the catalog's.</summary>
    public string? ConnectionString { get; set; }

    /// <summary>Most connections to it a host opens, where it is not the catalog's database. Default 20.</summary>
    [Range(1, 500)]
    public int MaxConnections { get; set; } = 20;
}

[OptionsValidator]
internal sealed partial class TenantsOptionsValidator : IValidateOptions<TenantsOptions>;

[OptionsValidator]
internal sealed partial class CatalogOptionsValidator : IValidateOptions<CatalogOptions>;

[OptionsValidator]
internal sealed partial class WorkStoreOptionsValidator : IValidateOptions<WorkStoreOptions>;
