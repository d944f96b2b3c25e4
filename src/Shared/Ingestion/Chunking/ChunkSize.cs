namespace Freehold.Ingestion.Chunking;

/// <summary>
/// Sizes of chunks, in tokens. A chunk is cut at the best place between <see cref="Lower"/> and <see cref="Upper"/>. The upper bound is
/// three times the lower one: then equal paragraphs of any length have two places to cut in every window, or all are cut.
/// </summary>
internal sealed record ChunkSize(int Target, int Maximum, int Overlap)
{
    public int Lower { get; } = Math.Max(1, Math.Min(Target, Maximum * 2 / 3) / 2);

    public int Upper => Lower * 3;

    /// <summary>Sizes from the options, for a model that reads so many tokens at most.</summary>
    public static ChunkSize Of(IngestionOptions options, int modelMaximum)
    {
        // Room for the headings, which are embedded with the chunk.
        int maximum = Math.Min(options.ChunkMaximum, modelMaximum - (modelMaximum / 8));

        // Tokens are counted unit by unit, and text where two units meet may make one more.
        maximum = Math.Max(16, maximum - (maximum / 50) - 2);
        return new ChunkSize(Math.Min(options.ChunkTarget, maximum), maximum, Math.Min(options.ChunkOverlap, maximum / 4));
    }
}
