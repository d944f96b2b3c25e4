using System.Collections.Frozen;
using System.Numerics;
using Lucene.Net.Analysis.Ar;
using Lucene.Net.Analysis.Ca;
using Lucene.Net.Analysis.Da;
using Lucene.Net.Analysis.De;
using Lucene.Net.Analysis.El;
using Lucene.Net.Analysis.Es;
using Lucene.Net.Analysis.Eu;
using Lucene.Net.Analysis.Fi;
using Lucene.Net.Analysis.Fr;
using Lucene.Net.Analysis.Ga;
using Lucene.Net.Analysis.Hi;
using Lucene.Net.Analysis.Hu;
using Lucene.Net.Analysis.Hy;
using Lucene.Net.Analysis.Id;
using Lucene.Net.Analysis.It;
using Lucene.Net.Analysis.Nl;
using Lucene.Net.Analysis.No;
using Lucene.Net.Analysis.Pt;
using Lucene.Net.Analysis.Ro;
using Lucene.Net.Analysis.Ru;
using Lucene.Net.Analysis.Sv;
using Lucene.Net.Analysis.Tr;

namespace Freehold.Ai;

/// <summary>Stop words of many languages, to tell them by.</summary>
internal static class StopWords
{
    /// <summary>Longer words are none.</summary>
    public const int MaxLength = 16;

    private static readonly (string Language, IEnumerable<string> Words)[] Lists =
    [
        ("english", EnglishStopWords.All),
        ("arabic", ArabicAnalyzer.DefaultStopSet),
        ("armenian", ArmenianAnalyzer.DefaultStopSet),
        ("basque", BasqueAnalyzer.DefaultStopSet),
        ("catalan", CatalanAnalyzer.DefaultStopSet),
        ("danish", DanishAnalyzer.DefaultStopSet),
        ("dutch", DutchAnalyzer.DefaultStopSet),
        ("finnish", FinnishAnalyzer.DefaultStopSet),
        ("french", FrenchAnalyzer.DefaultStopSet),
        ("german", GermanAnalyzer.DefaultStopSet),
        ("greek", GreekAnalyzer.DefaultStopSet),
        ("hindi", HindiAnalyzer.DefaultStopSet),
        ("hungarian", HungarianAnalyzer.DefaultStopSet),
        ("indonesian", IndonesianAnalyzer.DefaultStopSet),
        ("irish", IrishAnalyzer.DefaultStopSet),
        ("italian", ItalianAnalyzer.DefaultStopSet),
        ("norwegian", NorwegianAnalyzer.DefaultStopSet),
        ("portuguese", PortugueseAnalyzer.DefaultStopSet),
        ("romanian", RomanianAnalyzer.DefaultStopSet),
        ("russian", RussianAnalyzer.DefaultStopSet),
        ("spanish", SpanishAnalyzer.DefaultStopSet),
        ("swedish", SwedishAnalyzer.DefaultStopSet),
        ("turkish", TurkishAnalyzer.DefaultStopSet),
    ];

    // A bit for each language that has the word.
    private static readonly FrozenDictionary<string, uint> Masks = Lists
        .Index()
        .SelectMany(list => list.Item.Words.Select(word => (Word: word, Bit: 1u << list.Index)))
        .Where(entry => entry.Word.Length <= MaxLength)
        .GroupBy(entry => entry.Word, entry => entry.Bit)
        .ToFrozenDictionary(word => word.Key, word => word.Aggregate((one, other) => one | other));

    private static readonly FrozenDictionary<string, uint>.AlternateLookup<ReadOnlySpan<char>> Lookup = Masks.GetAlternateLookup<ReadOnlySpan<char>>();

    /// <summary>The languages, by PostgreSQL's names.</summary>
    public static IReadOnlyList<string> Languages { get; } = [.. Lists.Select(list => list.Language)];

    /// <summary>Adds a lower-case word's point to its language, or parts of it to those that have it in common.</summary>
    public static void Score(ReadOnlySpan<char> word, Span<double> points)
    {
        if (!Lookup.TryGetValue(word, out uint mask))
        {
            return;
        }

        double share = 1d / BitOperations.PopCount(mask);
        for (; mask != 0; mask &= mask - 1)
        {
            points[BitOperations.TrailingZeroCount(mask)] += share;
        }
    }
}
