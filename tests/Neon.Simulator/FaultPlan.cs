namespace Freehold.Neon.Simulator;

/// <summary>What will go wrong: first what is written in the script, each once, in order; else by chance.</summary>
public sealed class FaultPlan
{
    private readonly Lock _lock = new();
    private readonly List<Fault> _script = [];
    private readonly List<(Fault Fault, double Rate)> _chances = [];
    private Random _random = new(0);

    /// <summary>How many faults have happened.</summary>
    public int Happened { get; private set; }

    /// <summary>Writes a fault into the script, for the next request that fits it.</summary>
    /// <returns>The plan.</returns>
    public FaultPlan Then(Fault fault)
    {
        lock (_lock)
        {
            _script.Add(fault);
        }

        return this;
    }

    /// <summary>Lets faults happen by chance, the same for the same seed and the same order of requests.</summary>
    /// <param name="seed">Where chance begins.</param>
    /// <param name="chances">For each fault, in which part of the requests that fit it. None: no chance.</param>
    public void ByChance(int seed, params ReadOnlySpan<(Fault Fault, double Rate)> chances)
    {
        lock (_lock)
        {
            _random = new Random(seed);
            _chances.Clear();
            _chances.AddRange(chances);
        }
    }

    internal Fault? Next(string method, string route)
    {
        lock (_lock)
        {
            Fault? fault = _script.Find(fault => fault.Fits(method, route));
            if (fault is not null)
            {
                _script.Remove(fault);
            }
            else
            {
                fault = ByChance(method, route);
            }

            Happened += fault is null ? 0 : 1;
            return fault;
        }
    }

    private Fault? ByChance(string method, string route)
    {
        if (_chances.Count == 0)
        {
            return null;
        }

        double drawn = _random.NextDouble();
        foreach ((Fault fault, double rate) in _chances.Where(chance => chance.Fault.Fits(method, route)))
        {
            if ((drawn -= rate) < 0)
            {
                return fault;
            }
        }

        return null;
    }
}
