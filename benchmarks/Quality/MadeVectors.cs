using Freehold.Ai;
using MathNet.Numerics.Distributions;

namespace Freehold.Bench.Quality;

/// <summary>
/// Vectors in place of a model's, for a collection whose judgements are known. A passage's is a random projection of its words and their
/// groups of four letters, weighted by how rare they are: what is about the same is near. A question's is drawn towards the documents
/// that answer it, from its own words, so that it goes wrong where the words mislead, as a model does in part; or from nowhere, so
/// that it goes wrong wherever. The stronger it is drawn, the better the model; how strongly differs from question to question, so that
/// some are understood and some are not.
/// </summary>
internal sealed class MadeVectors
{
    public const int Dimensions = 512;

    /// <summary>Length of what a question's vector has of nothing, beside a length of 1 of its own words.</summary>
    private const double Noise = 0.5;

    private const int GroupLength = 4;
    private const int Signs = 8;

    private readonly Dictionary<string, double> _rarity = [];
    private readonly Dictionary<string, float[]> _questions = [];
    private readonly double _rarest;

    /// <summary>Knows a collection's documents and questions.</summary>
    /// <param name="collection">The collection.</param>
    /// <param name="isOfWords">Whether a question's vector starts from its words, or from noise alone.</param>
    /// <param name="pull">Length of its part that comes from the documents that answer it: the mean of an exponential distribution.</param>
    public MadeVectors(JudgedCollection collection, bool isOfWords, double pull)
    {
        foreach (string term in collection.Documents.SelectMany(document => Terms(document.Content).Distinct()))
        {
            _rarity[term] = _rarity.GetValueOrDefault(term) + 1;
        }

        _rarest = Math.Log(collection.Documents.Count + 1);
        foreach ((string term, double documents) in _rarity.ToArray())
        {
            _rarity[term] = Math.Log((collection.Documents.Count + 1) / documents);
        }

        Dictionary<string, float[]> documentVectors = collection.Documents.ToDictionary(document => document.Id, document => Project(document.Content));
        foreach (JudgedQuery query in collection.Queries)
        {
            float[] answer = new float[Dimensions];
            foreach ((string document, int grade) in query.Grades)
            {
                Add(answer, documentVectors.GetValueOrDefault(document, new float[Dimensions]), grade);
            }

            UnitVector.Scale(answer);
            float[] vector = new float[Dimensions];
            Add(vector, NoiseOf(query.Id), isOfWords ? Noise : 1);
            Add(vector, Project(query.Text), isOfWords ? 1 : 0);
            Add(vector, answer, pull * -Math.Log(1 - new Random(Hash(query.Text)).NextDouble()));
            UnitVector.Scale(vector);
            _questions[TextKey.Of(query.Text)] = vector;
        }
    }

    public float[] Of(string text) => _questions.TryGetValue(TextKey.Of(text), out float[]? vector) ? vector : Project(text);

    private float[] Project(string text)
    {
        float[] vector = new float[Dimensions];
        foreach (IGrouping<string, string> term in Terms(text).GroupBy(term => term))
        {
            double weight = (1 + Math.Log(term.Count())) * _rarity.GetValueOrDefault(term.Key, _rarest);
            Random random = new(Hash(term.Key));
            for (int i = 0; i < Signs; i++)
            {
                vector[random.Next(Dimensions)] += (float)(random.Next(2) == 0 ? weight : -weight);
            }
        }

        UnitVector.Scale(vector);
        return vector;
    }

    private static float[] NoiseOf(string id)
    {
        Random random = new(Hash(id));
        float[] vector = [.. Enumerable.Range(0, Dimensions).Select(_ => (float)Normal.Sample(random, 0, 1))];
        UnitVector.Scale(vector);
        return vector;
    }

    private static void Add(float[] vector, float[] other, double times)
    {
        for (int i = 0; i < vector.Length; i++)
        {
            vector[i] += (float)(times * other[i]);
        }
    }

    private static IEnumerable<string> Terms(string text)
    {
        foreach (string word in TextKey.Of(text).Split(' ', StringSplitOptions.RemoveEmptyEntries))
        {
            yield return word;
            for (int i = 0; i + GroupLength <= word.Length; i++)
            {
                yield return $"~{word.AsSpan(i, GroupLength)}";
            }
        }
    }

    // FNV-1a; the same in every run, as string.GetHashCode is not.
    private static int Hash(string text) => unchecked((int)text.Aggregate(2166136261u, (hash, letter) => (hash ^ letter) * 16777619u));
}
