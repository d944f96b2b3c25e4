using System.Globalization;
using System.Text.Json;
using Freehold.Retrieval.Evaluation;

namespace Freehold.Bench.Quality;

/// <summary>A document of a collection.</summary>
internal sealed record JudgedDocument(string Id, string? Title, string Text)
{
    /// <summary>How it is put into storage.</summary>
    public string Content => string.IsNullOrEmpty(Title) ? Text : $"{Title}\n\n{Text}";
}

/// <summary>A question, and the documents that answer it, each with a grade above 0.</summary>
internal sealed record JudgedQuery(string Id, string Text, IReadOnlyDictionary<string, int> Grades)
{
    /// <summary>Ids of those documents.</summary>
    public IReadOnlyList<string> Documents { get; } = [.. Grades.Keys.Order(StringComparer.Ordinal)];
}

/// <summary>
/// A folder with <c>docs.jsonl</c> (id, title, text), <c>queries.jsonl</c> (id, text) and <c>qrels.tsv</c> (query, document, grade).
/// Queries that nobody judged are left out.
/// </summary>
internal sealed record JudgedCollection(string Name, IReadOnlyList<JudgedDocument> Documents, IReadOnlyList<JudgedQuery> Queries)
{
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web);

    public static JudgedCollection Read(DirectoryInfo folder)
    {
        Dictionary<string, Dictionary<string, int>> grades = [];
        foreach (string[] cells in File.ReadLines(Path.Combine(folder.FullName, "qrels.tsv")).Select(line => line.Split('\t')))
        {
            if (int.TryParse(cells[2], CultureInfo.InvariantCulture, out int grade) && grade > 0)
            {
                (grades.TryGetValue(cells[0], out Dictionary<string, int>? of) ? of : grades[cells[0]] = [])[cells[1]] = grade;
            }
        }

        return new JudgedCollection(
            folder.Name,
            [.. Lines<JudgedDocument>(folder, "docs.jsonl")],
            [.. Lines<QueryLine>(folder, "queries.jsonl")
                .Where(query => grades.ContainsKey(query.Id))
                .Select(query => new JudgedQuery(query.Id, query.Text, grades[query.Id]))]);
    }

    /// <summary>The questions as an evaluation takes them, for documents that are stored under their number.</summary>
    public IReadOnlyList<JudgedQuestion> Questions()
    {
        Dictionary<string, int> numbers = Documents.Index().ToDictionary(document => document.Item.Id, document => document.Index);
        return [.. Queries.Select(query => new JudgedQuestion(query.Text, [.. query.Grades.Select(grade => new Judgement(
            numbers.TryGetValue(grade.Key, out int number) ? $"{number}.txt" : $"missing: {grade.Key}", grade.Value))]))];
    }

    private static IEnumerable<T> Lines<T>(DirectoryInfo folder, string name) => File.ReadLines(Path.Combine(folder.FullName, name))
        .Where(line => line.Length > 0)
        .Select(line => JsonSerializer.Deserialize<T>(line, Json) ?? throw new InvalidDataException($"A line of {name} in {folder.Name} is null."));

    private sealed record QueryLine(string Id, string Text);
}
