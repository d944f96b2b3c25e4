namespace Freehold.Tests.Ingestion.Fuzzing;

/// <summary>Damages bytes, whatever they mean.</summary>
internal static class ByteChanges
{
    private const int MaxRepeated = 1 << 20;

    private static readonly byte[] Wild = [0, 0xFF, 0x7F, 0x80, (byte)'<', (byte)'[', (byte)'"', (byte)'\n', (byte)' ', (byte)'9'];

    public static byte[] Apply(byte[] content, byte[] other, IEnumerable<Change> changes) =>
        changes.Aggregate(content, (bytes, change) => bytes.Length == 0 ? bytes : Apply(bytes, other, change));

    private static byte[] Apply(byte[] bytes, byte[] other, Change change)
    {
        var (start, length) = (change.Start(bytes.Length), change.Length(bytes.Length));
        var end = start + length;
        return (change.Kind % 11) switch
        {
            0 => Changed(bytes, start, start + 1, (b, _) => (byte)(b ^ (1 << (change.Number % 8)))),
            1 => Changed(bytes, start, end, (b, random) => random.Next(20) == 0 ? (byte)(b ^ (1 << random.Next(8))) : b),
            2 => Changed(bytes, start, end, (_, random) => (byte)random.Next(256)),
            3 => Changed(bytes, start, end, (_, _) => Wild[change.Number % Wild.Length]),
            4 => [.. bytes[..start], .. Changed(new byte[length], 0, length, (_, random) => (byte)random.Next(256)), .. bytes[start..]],
            5 => [.. bytes[..start], .. bytes[end..]],
            6 => bytes[..start],
            7 => Swapped(bytes, start, length, change.Number),
            8 => Spliced(bytes, other, start, change),
            9 => Repeated(bytes, start, end, change.Number),
            _ => Enlarged(bytes, start, change.Number),
        };

        byte[] Changed(byte[] from, int first, int after, Func<byte, Random, byte> make)
        {
            var random = new Random(change.Number);
            byte[] copy = [.. from];
            for (var i = first; i < after; i++)
            {
                copy[i] = make(copy[i], random);
            }

            return copy;
        }
    }

    private static byte[] Swapped(byte[] bytes, int start, int length, int number)
    {
        var to = number % bytes.Length;
        length = Math.Min(length, Math.Min(Math.Abs(to - start), bytes.Length - Math.Max(to, start)));
        byte[] copy = [.. bytes];
        bytes.AsSpan(start, length).CopyTo(copy.AsSpan(to));
        bytes.AsSpan(to, length).CopyTo(copy.AsSpan(start));
        return copy;
    }

    private static byte[] Spliced(byte[] bytes, byte[] other, int start, Change change)
    {
        var from = change.Number % Math.Max(1, other.Length);
        var piece = other.AsSpan(from, Math.Min(other.Length - from, 1 + (int)(change.Share * other.Length)));
        return change.Number % 2 == 0 ? [.. bytes[..start], .. piece] : [.. bytes[..start], .. piece, .. bytes[start..]];
    }

    private static byte[] Repeated(byte[] bytes, int start, int end, int number)
    {
        var times = Math.Min(1 << (number % 18), MaxRepeated / (end - start));
        return [.. bytes[..start], .. Enumerable.Repeat(bytes[start..end], Math.Max(1, times)).SelectMany(piece => piece), .. bytes[start..]];
    }

    // A count or a length: in digits where there are some nearby, else as a number of four bytes.
    private static byte[] Enlarged(byte[] bytes, int start, int number)
    {
        var digit = bytes.AsSpan(start).IndexOfAnyInRange((byte)'0', (byte)'9');
        if (digit >= 0 && number % 3 > 0)
        {
            var at = start + digit;
            return [.. bytes[..at], .. Enumerable.Repeat((byte)('0' + (number % 10)), 1 + (number % 12)), .. bytes[at..]];
        }

        byte[] copy = [.. bytes];
        copy.AsSpan(start, Math.Min(4, bytes.Length - start)).Fill((byte)(number % 2 == 0 ? 0xFF : 0x7F));
        return copy;
    }
}
