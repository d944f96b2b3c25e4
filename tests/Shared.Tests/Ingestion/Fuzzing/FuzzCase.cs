using CsCheck;

namespace Freehold.Tests.Ingestion.Fuzzing;

/// <summary>One change to a file: what to do, and where and how much of it, as shares of the whole.</summary>
internal readonly record struct Change(int Kind, double At, double Share, int Number)
{
    public int Start(int length) => (int)(At * length);

    // Mostly little, at times everything.
    public int Length(int length) => Math.Min(length - Start(length), 1 + (int)(Share * Share * Share * Share * length));
}

/// <summary>A damaged file, and the seed that makes it again.</summary>
internal sealed record FuzzCase(string Seed, string Name, byte[] Content)
{
    /// <summary>Most bytes of a file.</summary>
    public const int MaxBytes = 4 << 20;

    private const int Layers = 10;

    private static readonly Gen<Change> AnyChange =
        Gen.Select(Gen.Int[0, 1_000], Gen.Double[0, 0.999], Gen.Double.Unit, Gen.Int[0, int.MaxValue - 1]).Select((kind, at, share, number) => new Change(kind, at, share, number));

    private static readonly Gen<(int Format, double Size, int Other, int Layer, Change[] Changes)> Plan =
        Gen.Select(Gen.Int[0, 1_000_000], Gen.Double[0, 0.999], Gen.Int[0, 1_000_000], Gen.Int[0, Layers - 1], AnyChange.Array[1, 5]);

    /// <summary>Makes the next case.</summary>
    public static FuzzCase Next(PCG random)
    {
        var seed = random.ToString();
        var (format, size, other, layer, changes) = Plan.Generate(random, null, out _);
        var seeds = FuzzSeeds.ByFormat[format % FuzzSeeds.ByFormat.Count];

        // Small files are read fast, so there may be more of them.
        var file = seeds[(int)(size * size * seeds.Count)];

        // A piece of a file of the same format fits in more often.
        var others = layer % 2 == 0 ? seeds : FuzzSeeds.ByFormat[other % FuzzSeeds.ByFormat.Count];
        var content = Apply(file, others[other % others.Count], layer, changes);
        return new FuzzCase(seed, file.Name, content.Length > MaxBytes ? content[..MaxBytes] : content);
    }

    /// <summary>Makes the case of a seed.</summary>
    public static FuzzCase Of(string seed) => Next(PCG.Parse(seed));

    /// <summary>Writes the file into a folder and returns its path.</summary>
    public string Keep(string folder)
    {
        Directory.CreateDirectory(folder);
        var path = Path.Combine(folder, $"{Seed}-{Name}");
        File.WriteAllBytes(path, Content);
        return path;
    }

    private static byte[] Apply(FuzzSeed file, FuzzSeed other, int layer, Change[] changes) => file.Extension switch
    {
        ".docx" or ".pptx" or ".xlsx" when layer < 8 => PackageChanges.Apply(file.Content, other.Content, changes),
        ".pdf" when layer < 4 => PdfChanges.ApplyInStream(file.Content, changes),
        ".pdf" when layer < 7 => TextChanges.ApplyToBytes(file.Content, other.Content, changes),
        not (".docx" or ".pptx" or ".xlsx" or ".pdf") when layer < 7 => TextChanges.ApplyToBytes(file.Content, other.Content, changes),
        _ => ByteChanges.Apply(file.Content, other.Content, changes),
    };
}
