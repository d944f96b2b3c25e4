using System.Text.Json;
using Freehold.Ai;
using Freehold.Ingestion.Chunking;

namespace Freehold.Ingestion;

/// <summary>
/// The language that a document's words are read in: what its metadata names as <c>language</c>, if that is one; else what its first
/// passages are in; else none, which stands for the tenant's own.
/// </summary>
/// <param name="metadata">The document's metadata, a JSON object.</param>
/// <param name="beginning">Its first passages.</param>
internal sealed class DocumentLanguage(string metadata, IReadOnlyList<Chunk> beginning)
{
    private const string Member = "language";
    private const int Passages = 3;

    /// <summary>PostgreSQL's name of it, or null.</summary>
    public string? Name { get; } = Given(metadata) ?? TextLanguage.Detect(string.Join('\n', beginning.Take(Passages).Select(chunk => chunk.Content)));

    private static string? Given(string metadata) =>
        JsonElement.Parse(metadata).TryGetProperty(Member, out JsonElement language) && language.ValueKind == JsonValueKind.String
            ? TextLanguage.Find(language.GetString()!)
            : null;
}
