namespace Freehold.Ai;

/// <summary>Vectors of length 1, whose inner product is their similarity.</summary>
internal static class UnitVector
{
    /// <summary>Scales a vector to length 1, in place.</summary>
    /// <returns>Its former length; where that is 0 or not finite, the vector is as it was.</returns>
    public static double Scale(Span<float> vector)
    {
        double squares = 0;
        foreach (float value in vector)
        {
            squares += (double)value * value;
        }

        double length = Math.Sqrt(squares);
        float divisor = (float)length;
        for (int i = 0; i < vector.Length && divisor > 0 && float.IsFinite(divisor); i++)
        {
            vector[i] /= divisor;
        }

        return length;
    }
}
