using System.Text;
using Lucene.Net.Tartarus.Snowball.Ext;

namespace Freehold.Ai;

/// <summary>Stems of English words.</summary>
internal static class EnglishStems
{
    // Lucene's stemmers keep the word that they work on in themselves.
    [ThreadStatic]
    private static EnglishStemmer? s_stemmer;

    /// <summary>The stem of a word, lower case. Words of other scripts, and short ones, are their own.</summary>
    public static string Of(string word)
    {
        if (word.Length < 3 || !Ascii.IsValid(word))
        {
            return word;
        }

        EnglishStemmer stemmer = s_stemmer ??= new EnglishStemmer();
        stemmer.SetCurrent(word);
        stemmer.Stem();
        return stemmer.Current;
    }
}
