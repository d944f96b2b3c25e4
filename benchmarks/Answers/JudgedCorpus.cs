using System.Text.Json;

namespace Freehold.Bench.Answers;

/// <summary>A question, and the documents that answer it.</summary>
internal sealed record JudgedQuestion(string Id, string Text, IReadOnlyList<string> Documents);

/// <summary>
/// Documents and judged questions of a folder: <c>docs.jsonl</c> and <c>queries.jsonl</c> with <c>id</c> and <c>text</c> in each line,
/// <c>qrels.tsv</c> with query, document and grade.
/// </summary>
internal sealed record JudgedCorpus(IReadOnlyList<(string Id, string Text)> Documents, IReadOnlyList<JudgedQuestion> Questions)
{
    public static async Task<JudgedCorpus> ReadAsync(string folder, CancellationToken cancellationToken)
    {
        List<(string, string)> documents = await ReadLinesAsync(Path.Combine(folder, "docs.jsonl"), cancellationToken);
        List<(string Id, string Text)> questions = await ReadLinesAsync(Path.Combine(folder, "queries.jsonl"), cancellationToken);
        ILookup<string, string> judged = (await File.ReadAllLinesAsync(Path.Combine(folder, "qrels.tsv"), cancellationToken))
            .Select(line => line.Split('\t'))
            .Where(parts => parts.Length >= 3 && parts[2] != "0")
            .ToLookup(parts => parts[0], parts => parts[1]);
        return new JudgedCorpus(
            documents,
            [.. questions.Where(question => judged.Contains(question.Id)).Select(question => new JudgedQuestion(question.Id, question.Text, [.. judged[question.Id]]))]);
    }

    private static async Task<List<(string Id, string Text)>> ReadLinesAsync(string path, CancellationToken cancellationToken)
    {
        List<(string, string)> lines = [];
        await foreach (string line in File.ReadLinesAsync(path, cancellationToken))
        {
            JsonElement json = JsonElement.Parse(line);
            lines.Add((json.GetProperty("id").GetString()!, json.GetProperty("text").GetString()!));
        }

        return lines;
    }
}
