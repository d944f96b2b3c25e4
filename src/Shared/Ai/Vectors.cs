namespace Freehold.Ai;

/// <summary>Vectors on their way to the database.</summary>
internal static class Vectors
{
    /// <summary>Vectors of one length, one after another.</summary>
    public static float[] Join(IReadOnlyList<ReadOnlyMemory<float>> vectors)
    {
        int dimensions = vectors[0].Length;
        float[] joined = new float[vectors.Count * dimensions];
        for (int i = 0; i < vectors.Count; i++)
        {
            vectors[i].CopyTo(joined.AsMemory(i * dimensions));
        }

        return joined;
    }
}
