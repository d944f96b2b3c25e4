using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Freehold.Tenants;

/// <summary>The plans there are. A tenant whose plan was taken out of the configuration has the limits of the default plan.</summary>
public sealed class Plans
{
    private readonly Dictionary<string, Plan> _plans;
    private readonly ConcurrentDictionary<string, bool> _missed = new();
    private readonly Plan _default;
    private readonly ILogger<Plans> _logger;

    /// <summary>Takes the plans from the options.</summary>
    public Plans(IOptions<TenantsOptions> options, ILogger<Plans> logger)
    {
        _logger = logger;
        _plans = options.Value.PlansInForce().ToDictionary(plan => plan.Name);
        _default = _plans[options.Value.DefaultPlan];
    }

    /// <summary>The name of a plan that there is.</summary>
    /// <exception cref="ImpossibleRequestException">There is no such plan.</exception>
    public string Require(string? name) => name is not null && _plans.ContainsKey(name)
        ? name
        : throw new ImpossibleRequestException("unknown-plan", $"Plans are {string.Join(", ", _plans.Keys)}.");

    /// <summary>The limits of a tenant that has the plan of that name.</summary>
    public Plan Of(string name)
    {
        if (_plans.TryGetValue(name, out Plan? plan))
        {
            return plan;
        }

        if (_missed.TryAdd(name, true))
        {
            Log.PlanMissing(_logger, name, _default.Name);
        }

        return _default;
    }
}
