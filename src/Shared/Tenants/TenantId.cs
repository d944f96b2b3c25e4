using System.Text.RegularExpressions;

namespace Freehold.Tenants;

/// <summary>
/// A tenant's name: a slug of 3 to 40 characters, <c>^[a-z][a-z0-9-]{1,38}[a-z0-9]$</c>, unique among tenants that are
/// not deleted. Checked once, at the edge. A name can be used again; the tenant's uid cannot.
/// </summary>
public readonly partial record struct TenantId
{
    private TenantId(string value) => Value = value;

    /// <summary>The slug.</summary>
    public string Value { get; }

    /// <summary>Whether <paramref name="text"/> is a slug.</summary>
    public static bool TryParse(string? text, out TenantId id)
    {
        bool valid = text is not null && Slug().IsMatch(text);
        id = valid ? new TenantId(text!) : default;
        return valid;
    }

    /// <summary>Takes a slug, or refuses it with a sentence that tells the rule.</summary>
    public static TenantId Parse(string? text) =>
        TryParse(text, out TenantId id)
            ? id
            : throw new InvalidInputException(
                "invalid-tenant-id",
                "A tenant's id is 3 to 40 characters: lower-case letters, digits and hyphens, starting with a letter and not ending with a hyphen.");

    /// <inheritdoc/>
    public override string ToString() => Value;

    [GeneratedRegex("^[a-z][a-z0-9-]{1,38}[a-z0-9]\\z", RegexOptions.CultureInvariant)]
    private static partial Regex Slug();
}
