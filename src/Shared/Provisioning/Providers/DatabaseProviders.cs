using Freehold.Tenants;
using Microsoft.Extensions.Options;

namespace Freehold.Provisioning.Providers;

/// <summary>The providers of tenants' databases that are configured, by the name that stands in a tenant's row.</summary>
public sealed class DatabaseProviders
{
    private readonly Dictionary<string, IDatabaseProvider> _byName;
    private readonly ProvisioningOptions _options;

    internal DatabaseProviders(IEnumerable<IDatabaseProvider> providers, IOptions<ProvisioningOptions> options)
    {
        _byName = providers.ToDictionary(provider => provider.Name);
        _options = options.Value;
    }

    /// <summary>All of them.</summary>
    internal IReadOnlyCollection<IDatabaseProvider> All => _byName.Values;

    /// <summary>Their names.</summary>
    internal string[] Names => [.. _byName.Keys];

    /// <summary>The one that new tenants' databases come from.</summary>
    internal IDatabaseProvider ForNew => Of(_options.Provider);

    /// <summary>The name of one that is configured.</summary>
    /// <exception cref="ImpossibleRequestException">None has that name.</exception>
    public string Require(string name) => _byName.ContainsKey(name)
        ? name
        : throw new ImpossibleRequestException("provider-unknown", $"There is no provider of that name here. There are: {string.Join(", ", Names)}.");

    /// <summary>The one of that name.</summary>
    /// <exception cref="ProviderNotConfiguredException">This host does not know it.</exception>
    internal IDatabaseProvider Of(string name) => _byName.GetValueOrDefault(name) ?? throw new ProviderNotConfiguredException(name);
}

/// <summary>A tenant's database is at a provider that this host has no settings for.</summary>
internal sealed class ProviderNotConfiguredException(string provider)
    : Exception($"The provider '{provider}' of the tenant's database is not configured.")
{
    /// <summary>Its name.</summary>
    public string Provider { get; } = provider;
}
