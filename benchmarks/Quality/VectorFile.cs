using System.Collections.Concurrent;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace Freehold.Bench.Quality;

/// <summary>A file with a line <c>{"text": …, "vector": […]}</c> for each passage and question, as a model made them.</summary>
internal sealed class VectorFile
{
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web) { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private readonly FileInfo _file;
    private readonly Dictionary<string, float[]> _vectors = [];
    private readonly ConcurrentDictionary<string, string> _missing = [];

    public VectorFile(FileInfo file)
    {
        _file = file;
        foreach (string line in File.ReadLines(file.FullName).Where(line => line.Length > 0))
        {
            VectorLine read = JsonSerializer.Deserialize<VectorLine>(line, Json) ?? throw new InvalidDataException($"A line of {file.Name} is null.");
            _vectors[TextKey.Of(read.Text)] = read.Vector;
        }

        Dimensions = _vectors.Values.Select(vector => vector.Length).FirstOrDefault(1);
    }

    /// <summary>Length of the vectors; 1 where there are none.</summary>
    public int Dimensions { get; }

    /// <summary>The vector of a text. One that is missing is noted, and stood in for.</summary>
    public float[] Of(string text)
    {
        if (_vectors.TryGetValue(TextKey.Of(text), out float[]? vector))
        {
            return vector;
        }

        _missing.TryAdd(TextKey.Of(text), text);
        float[] none = new float[Dimensions];
        none[0] = 1;
        return none;
    }

    /// <summary>Refuses to have measured without some of the vectors, and writes the texts beside the file that are to be embedded.</summary>
    public void RequireAll()
    {
        if (_missing.IsEmpty)
        {
            return;
        }

        string path = _file.FullName + ".missing.jsonl";
        File.WriteAllLines(path, _missing.Values.Order(StringComparer.Ordinal).Select(text => JsonSerializer.Serialize(new { text }, Json)));
        throw new InvalidOperationException($"{_missing.Count:N0} texts have no vector in {_file.Name}. They are in {path}: embed them and add them to it.");
    }

    private sealed record VectorLine(string Text, float[] Vector);
}
