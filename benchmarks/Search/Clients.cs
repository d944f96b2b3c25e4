namespace Freehold.Bench.Search;

/// <summary>Clients that ask at the same time, each one query after another.</summary>
internal static class Clients
{
    /// <summary>Deals the queries out and times each.</summary>
    /// <param name="queries">What is asked.</param>
    /// <param name="clients">How many at a time.</param>
    /// <param name="askAsync">Asks one as a client, whose number it gets, and gives the milliseconds.</param>
    public static async Task<double[]> TimeAsync(IReadOnlyList<string> queries, int clients, Func<int, string, Task<double>> askAsync)
    {
        double[] took = new double[queries.Count];
        int next = -1;
        await Task.WhenAll(Enumerable.Range(0, clients).Select(client => Task.Run(async () =>
        {
            for (int i = Interlocked.Increment(ref next); i < took.Length; i = Interlocked.Increment(ref next))
            {
                took[i] = await askAsync(client, queries[i]);
            }
        })));
        return took;
    }
}
