using Freehold.Ai;

namespace Freehold.Ingestion;

/// <summary>What is embedded of a chunk: its headings, which say what it is about, and its text.</summary>
internal static class EmbeddingText
{
    public static string Of(string heading, string content) => heading.Length == 0 ? content : $"{heading}\n{content}";

    /// <summary>About how many tokens a model takes a chunk for: its words.</summary>
    public static long EstimateTokens(Chunk chunk) => Words.Count(chunk.Heading) + chunk.Words;
}
