namespace Freehold.Bench.Isolation;

/// <summary>How the made vectors lie.</summary>
/// <param name="Tenants">How many tenants.</param>
/// <param name="Chunks">Vectors of each.</param>
/// <param name="CommonPercent">How many of a hundred cluster centres are the same for all tenants, as topics are that everybody writes about.</param>
internal sealed record VectorSizes(int Tenants, int Chunks, int CommonPercent);

/// <summary>
/// Made vectors of length 1: each tenant's lie around centres, about fifty around each, so that a query has neighbours that are nearer
/// than the rest. More than twenty centres lie around twenty topics. The same in every run.
/// </summary>
internal sealed class Vectors
{
    public const int Dimensions = 384;

    private const int Topics = 20;
    private const int AroundCentre = 50;

    // The cosine of a vector and its centre is about 0.8, that of a query and the vector that it was made from 0.95.
    private const double Spread = 0.75;
    private const double QueryDistance = 0.33;

    private readonly Half[][] _ofTenant;

    public Vectors(VectorSizes sizes)
    {
        Sizes = sizes;
        float[][] common = [.. Enumerable.Range(0, Topics).Select(i => Near(new float[Dimensions], 1, new Random(-1 - i)))];
        _ofTenant = new Half[sizes.Tenants][];
        Parallel.For(0, sizes.Tenants, tenant => _ofTenant[tenant] = Make(new Random(tenant), common));
    }

    public VectorSizes Sizes { get; }

    /// <summary>One vector.</summary>
    public ReadOnlySpan<Half> Of(int tenant, int chunk) => _ofTenant[tenant].AsSpan(chunk * Dimensions, Dimensions);

    /// <summary>A vector near one of the tenant's, with its ten nearest by exact search.</summary>
    public VectorQuery Query(int tenant, Random random)
    {
        float[] origin = new float[Dimensions];
        Widen(Of(tenant, random.Next(Sizes.Chunks)), origin);
        float[] query = Array.ConvertAll(Near(origin, QueryDistance, random), value => (float)(Half)value);
        return new VectorQuery(tenant, query, Nearest(tenant, query));
    }

    private Half[] Make(Random random, float[][] common)
    {
        float[][] topics =
        [
            .. Enumerable.Range(0, Topics).Select(i =>
                i * 100 < Sizes.CommonPercent * Topics ? common[i] : Near(new float[Dimensions], 1, random)),
        ];
        float[][] centres = Sizes.Chunks <= Topics * AroundCentre
            ? topics
            : [.. Enumerable.Range(0, Sizes.Chunks / AroundCentre).Select(i => Near(topics[i % Topics], 1, random))];
        Half[] made = new Half[Sizes.Chunks * Dimensions];
        for (int chunk = 0; chunk < Sizes.Chunks; chunk++)
        {
            float[] vector = Near(centres[random.Next(centres.Length)], Spread, random);
            for (int i = 0; i < Dimensions; i++)
            {
                made[(chunk * Dimensions) + i] = (Half)vector[i];
            }
        }

        return made;
    }

    private HashSet<long> Nearest(int tenant, float[] query)
    {
        double[] distances = new double[Sizes.Chunks];
        float[] vector = new float[Dimensions];
        for (int chunk = 0; chunk < distances.Length; chunk++)
        {
            Widen(Of(tenant, chunk), vector);
            for (int i = 0; i < Dimensions; i++)
            {
                distances[chunk] -= vector[i] * query[i];
            }
        }

        long[] ids = [.. Enumerable.Range(0, distances.Length).Select(chunk => (long)chunk)];
        Array.Sort(distances, ids);
        return [.. ids.Take(VectorQuery.Limit)];
    }

    /// <summary>A random vector at a distance from another, then normalised; the distance is in lengths of a vector.</summary>
    private static float[] Near(float[] origin, double distance, Random random)
    {
        float[] vector = new float[Dimensions];
        double scale = distance / Math.Sqrt(Dimensions);
        double squares = 0;
        for (int i = 0; i < Dimensions; i++)
        {
            double normal = Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble());
            vector[i] = (float)(origin[i] + (scale * normal));
            squares += vector[i] * vector[i];
        }

        float length = (float)Math.Sqrt(squares);
        return Array.ConvertAll(vector, value => value / length);
    }

    private static void Widen(ReadOnlySpan<Half> halves, float[] vector)
    {
        for (int i = 0; i < vector.Length; i++)
        {
            vector[i] = (float)halves[i];
        }
    }
}

/// <summary>A query of one tenant, and what an exact search finds.</summary>
internal sealed record VectorQuery(int Tenant, float[] Vector, IReadOnlySet<long> Nearest)
{
    public const int Limit = 10;
}
