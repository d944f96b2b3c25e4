using Microsoft.ML.Tokenizers;

namespace Freehold.Ai;

/// <summary>Tokenizers that are shipped. Loaded when first used, since their tables take a while and some 20 MB.</summary>
internal static class Tokenizers
{
    public const string Cl100KName = "cl100k_base";
    public const string O200KName = "o200k_base";

    private static readonly Lazy<Tokenizer> LazyCl100K = new(() => TiktokenTokenizer.CreateForEncoding(Cl100KName));
    private static readonly Lazy<Tokenizer> LazyO200K = new(() => TiktokenTokenizer.CreateForEncoding(O200KName));

    /// <summary>That of OpenAI's embedding models.</summary>
    public static Tokenizer Cl100K => LazyCl100K.Value;

    /// <summary>Finds one by name.</summary>
    public static Tokenizer Find(string name) => name == O200KName ? LazyO200K.Value : Cl100K;
}
