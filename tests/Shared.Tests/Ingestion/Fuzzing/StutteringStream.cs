namespace Freehold.Tests.Ingestion.Fuzzing;

/// <summary>A file that comes in by pieces of odd lengths: a byte, a few, none of a buffer's length.</summary>
internal sealed class StutteringStream(byte[] content) : MemoryStream(content)
{
    private static readonly int[] Lengths = [1, 2, 3, 1, 7, 1, 127, 4_095, 1, 4_097, 65_537];
    private int _reads;

    // MemoryStream reads into a span by this too, where it is overridden.
    public override int Read(byte[] buffer, int offset, int count) =>
        base.Read(buffer, offset, Math.Min(count, Lengths[_reads++ % Lengths.Length]));
}
