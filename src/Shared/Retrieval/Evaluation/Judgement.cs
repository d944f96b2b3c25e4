using System.Text.Json.Serialization;

namespace Freehold.Retrieval.Evaluation;

/// <summary>Something that answers a question: a document, or a passage of one, by its range or by words that stand in it.</summary>
/// <param name="Document">The document's path.</param>
/// <param name="Grade">How well it answers, from 1.</param>
/// <param name="Start">Where the passage begins, in UTF-16 code units of the document's text.</param>
/// <param name="End">Where it ends.</param>
/// <param name="Contains">Words that stand in the passage; white space and case are no matter.</param>
public sealed record Judgement(string? Document, int Grade = 1, int? Start = null, int? End = null, string? Contains = null)
{
    /// <summary>Whether any passage of the document is meant.</summary>
    [JsonIgnore]
    public bool IsOfDocument => Start is null && Contains is null;

    /// <summary>Whether a passage of the document is meant, or a part of it.</summary>
    internal bool Holds(int start, int end, string text) =>
        (Start is null || (start < End && end > Start))
        && (Contains is null || OneSpaced(text).Contains(OneSpaced(Contains), StringComparison.OrdinalIgnoreCase));

    private static string OneSpaced(string text) => string.Join(' ', text.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries));
}
