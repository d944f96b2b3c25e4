using System.Collections.Frozen;

namespace Freehold.Answers;

/// <summary>
/// Words that ask, in English and German, which say nothing about what is asked for. Other words that say little, such as prepositions, are
/// no exception: they are common, and so weigh little, in any language.
/// </summary>
internal static class QuestionWords
{
    private const string Words = """
        what who whom whose when where which why how many much is are was were did does do
        wer wem wen wessen wann warum wieso weshalb wie wo woher wohin was welche welcher welches welchen welchem viel viele vielen wieviel
        wieviele wodurch womit worin woran worauf wofür wovon wozu
        """;

    /// <summary>The words, lower case.</summary>
    public static FrozenSet<string> All { get; } = Words.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries).ToFrozenSet();
}
