namespace Freehold.Ai;

/// <summary>What is embedded of a chunk: its headings, which say what it is about, and its text.</summary>
internal static class EmbeddingText
{
    public static string Of(string heading, string content) => heading.Length == 0 ? content : $"{heading}\n{content}";
}
