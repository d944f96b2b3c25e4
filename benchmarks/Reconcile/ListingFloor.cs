namespace Freehold.Bench.Reconcile;

/// <summary>The shortest time in which Neon's rates allow so many calls of one route, each made as soon as both windows have a place.</summary>
internal static class ListingFloor
{
    private const int PerMinute = 700;
    private const int PerSecondAndRoute = 40;

    /// <summary>From the first call to the last, in seconds. What a call takes is not in it.</summary>
    public static double Seconds(int calls)
    {
        double[] at = new double[calls];
        for (int i = 1; i < calls; i++)
        {
            double minute = i >= PerMinute ? at[i - PerMinute] + 60 : 0;
            double second = i >= PerSecondAndRoute ? at[i - PerSecondAndRoute] + 1 : 0;
            at[i] = Math.Max(at[i - 1], Math.Max(minute, second));
        }

        return calls == 0 ? 0 : at[^1];
    }
}
