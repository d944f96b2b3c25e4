using Freehold.Tenants;

namespace Freehold.Provisioning.Providers;

/// <summary>The providers of tenants' databases that are configured, by the name that stands in a tenant's row.</summary>
public sealed class DatabaseProviders
{
    private readonly Dictionary<string, IDatabaseProvider> _byName;
    private readonly string _usual;
    private readonly IReadOnlyDictionary<string, string> _byPlan;

    /// <summary>Knows these.</summary>
    /// <param name="providers">The providers.</param>
    /// <param name="usual">Name of the one that new tenants' databases come from.</param>
    /// <param name="byPlan">Names of those that they come from instead, by the tenant's plan.</param>
    internal DatabaseProviders(IEnumerable<IDatabaseProvider> providers, string usual, IReadOnlyDictionary<string, string> byPlan)
    {
        _byName = providers.ToDictionary(provider => provider.Name);
        _usual = usual;
        _byPlan = byPlan;
    }

    /// <summary>All of them.</summary>
    internal IReadOnlyCollection<IDatabaseProvider> All => _byName.Values;

    /// <summary>Their names.</summary>
    internal string[] Names => [.. _byName.Keys];

    /// <summary>The one that the database of a new tenant on that plan comes from.</summary>
    internal IDatabaseProvider ForNew(string plan) => Of(_byPlan.GetValueOrDefault(plan, _usual));

    /// <summary>Whether databases of new tenants come from it.</summary>
    internal bool IsForNew(IDatabaseProvider provider) => provider.Name == _usual || _byPlan.Values.Contains(provider.Name);

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
