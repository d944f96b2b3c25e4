using System.Text.Json;
using Freehold.Retrieval.Evaluation;

namespace Freehold.Bench.Quality;

/// <summary>nDCG@10 of every question of a run, by <c>collection: mode</c> and the question's id, so that a later run can be compared with it.</summary>
internal sealed record SavedRun(Dictionary<string, Dictionary<string, double>> Rankings)
{
    /// <summary>A smaller difference is none.</summary>
    private const double Least = 1e-6;

    public static SavedRun Read(FileInfo file) =>
        new(JsonSerializer.Deserialize<Dictionary<string, Dictionary<string, double>>>(File.ReadAllBytes(file.FullName))
            ?? throw new InvalidDataException($"{file.Name} holds no run."));

    public void Write(FileInfo file) => File.WriteAllBytes(file.FullName, JsonSerializer.SerializeToUtf8Bytes(Rankings));

    /// <summary>What has changed from that run to this one, question by question; of what both hold.</summary>
    public IEnumerable<Line> Since(SavedRun before)
    {
        foreach ((string name, Dictionary<string, double> now) in Rankings)
        {
            if (!before.Rankings.TryGetValue(name, out Dictionary<string, double>? then))
            {
                continue;
            }

            (string Id, double Difference)[] differences =
                [.. now.Where(query => then.ContainsKey(query.Key)).Select(query => (query.Key, query.Value - then[query.Key]))];
            if (differences.Length == 0)
            {
                continue;
            }

            Bootstrap mean = Bootstrap.Of([.. differences.Select(query => query.Difference)]);
            string[] worst = [.. differences.Where(query => query.Difference < -Least).OrderBy(query => query.Difference).Take(5).Select(query => query.Id)];
            Line line = new Line($"{name}, since the other run")
                .With("nDCG@10", mean.Mean).With("from", mean.Low).With("to", mean.High)
                .With("gained", differences.Count(query => query.Difference > Least))
                .With("lost", differences.Count(query => query.Difference < -Least));
            yield return worst.Length == 0 ? line : line.Noting($"lost most: {string.Join(", ", worst)}");
        }
    }
}
