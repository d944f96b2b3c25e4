using MathNet.Numerics.LinearAlgebra;

namespace Freehold.Bench.Answers;

/// <summary>A logistic regression with an L2 penalty, fitted by Newton's method.</summary>
/// <param name="Intercept">Its constant.</param>
/// <param name="Weights">One for each feature.</param>
internal sealed record LogisticRegression(double Intercept, IReadOnlyList<double> Weights)
{
    private const int Steps = 10;

    /// <summary>Fits it. The penalty is on the weights of features that have been scaled to a standard deviation of 1.</summary>
    public static LogisticRegression Fit(IReadOnlyList<(IReadOnlyList<double> Features, bool Holds)> cases, double penalty)
    {
        int count = cases[0].Features.Count;
        double[] means = [.. Enumerable.Range(0, count).Select(i => cases.Average(each => each.Features[i]))];
        double[] deviations = [.. Enumerable.Range(0, count).Select(i => Math.Sqrt(cases.Average(each => Math.Pow(each.Features[i] - means[i], 2))))];

        // A feature that is the same for all tells nothing.
        double[] scales = [.. deviations.Select(deviation => deviation > 0 ? 1 / deviation : 0)];
        Matrix<double> features = Matrix<double>.Build.Dense(
            cases.Count, count + 1, (row, i) => i == count ? 1 : (cases[row].Features[i] - means[i]) * scales[i]);
        Vector<double> holds = Vector<double>.Build.Dense(cases.Count, row => cases[row].Holds ? 1 : 0);

        // The constant goes nearly free; not quite, so that there is always a solution.
        Vector<double> penalties = Vector<double>.Build.Dense(count + 1, i => i == count ? 1e-6 : penalty);
        Vector<double> weights = Vector<double>.Build.Dense(count + 1);
        for (int step = 0; step < Steps; step++)
        {
            Vector<double> likely = (features * weights).Map(sum => 1 / (1 + Math.Exp(-sum)));
            Vector<double> slope = features.TransposeThisAndMultiply(likely - holds) + penalties.PointwiseMultiply(weights);
            Vector<double> spread = likely.PointwiseMultiply(1 - likely);
            Matrix<double> curvature = features.TransposeThisAndMultiply(Matrix<double>.Build.DenseOfColumnVectors(
                [.. features.EnumerateColumns().Select(column => column.PointwiseMultiply(spread))]));
            weights -= (curvature + Matrix<double>.Build.DenseOfDiagonalVector(penalties)).Solve(slope);
        }

        double[] scaled = [.. scales.Select((scale, i) => weights[i] * scale)];
        return new LogisticRegression(weights[count] - scaled.Select((weight, i) => weight * means[i]).Sum(), scaled);
    }

    /// <summary>Above 0 what holds rather than not.</summary>
    public double Score(IReadOnlyList<double> features) => Intercept + Weights.Select((weight, i) => weight * features[i]).Sum();
}
