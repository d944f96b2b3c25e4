using System.Diagnostics;

namespace Freehold.Functions.Tests.LocalHost.Fixtures;

/// <summary>What test functions were called with, in order; and what they shall do next.</summary>
internal sealed class Invocations
{
    private readonly Lock _lock = new();
    private readonly List<string> _seen = [];

    /// <summary>Run by functions that let a test decide. Given what the function was called with.</summary>
    public Func<string, CancellationToken, Task> Behaviour { get; set; } = (_, _) => Task.CompletedTask;

    public IReadOnlyList<string> Seen
    {
        get
        {
            lock (_lock)
            {
                return [.. _seen];
            }
        }
    }

    public void Add(string what)
    {
        lock (_lock)
        {
            _seen.Add(what);
        }
    }

    public async Task RunAsync(string what, CancellationToken cancellationToken)
    {
        Add(what);
        await Behaviour(what, cancellationToken);
    }

    public void Clear()
    {
        lock (_lock)
        {
            _seen.Clear();
        }
    }

    /// <summary>Waits until the condition holds. The answer is how long that took.</summary>
    public async Task<TimeSpan> UntilAsync(Func<IReadOnlyList<string>, bool> condition, TimeSpan? atMost = null)
    {
        var watch = Stopwatch.StartNew();
        while (!condition(Seen))
        {
            bool inTime = watch.Elapsed < (atMost ?? TimeSpan.FromSeconds(20));
            Assert.True(inTime, $"Not in time. Seen: {string.Join(" | ", Seen.TakeLast(20))}");
            await Task.Delay(10);
        }

        return watch.Elapsed;
    }
}
