using System.Text.Json;
using System.Text.Json.Serialization;

namespace Freehold.Demo;

/// <summary>The demo's companies and questions, from questions.json.</summary>
internal sealed record Script(IReadOnlyList<Company> Tenants, IReadOnlyList<Question> Questions)
{
    public static Script Load(string folder) =>
        JsonSerializer.Deserialize(File.ReadAllText(Path.Combine(folder, "questions.json")), DemoJson.Default.Script)!;
}

internal sealed record Company(string Id, string DisplayName);

internal sealed record Question(string Text, IReadOnlyDictionary<string, Answer> Answers);

/// <summary>Where the answer stands, and words that prove the right passage.</summary>
internal sealed record Answer(string Document, string Contains);

internal sealed record TenantList(IReadOnlyList<Company> Tenants);

internal sealed record Key(string Secret);

internal sealed record DocumentList(IReadOnlyList<Document> Documents);

internal sealed record Document(string Path, string State, int Chunks, Failure? Failure);

internal sealed record Failure(string Step, string Reason);

internal sealed record SearchResults(IReadOnlyList<Passage> Results, double Took);

internal sealed record Passage(string Document, string Text, int? Page);

internal sealed record Problem(string Title, string Detail);

[JsonSourceGenerationOptions(JsonSerializerDefaults.Web)]
[JsonSerializable(typeof(Script))]
[JsonSerializable(typeof(TenantList))]
[JsonSerializable(typeof(Key))]
[JsonSerializable(typeof(DocumentList))]
[JsonSerializable(typeof(SearchResults))]
[JsonSerializable(typeof(Problem))]
[JsonSerializable(typeof(Dictionary<string, string>))]
internal sealed partial class DemoJson : JsonSerializerContext;
