using System.Collections.Frozen;
using AngleSharp.Html;
using AngleSharp.Html.Parser;
using AngleSharp.Html.Parser.Tokens;
using AngleSharp.Text;

namespace Freehold.Ingestion.Readers;

/// <summary>The tags and texts of an HTML page, one after the other, before a tree is made of them.</summary>
internal static class HtmlTokens
{
    /// <summary>Elements that hold text without tags.</summary>
    public static readonly FrozenSet<string> Raw = FrozenSet.Create("script", "style", "xmp", "iframe", "noembed", "noframes");

    private static readonly FrozenSet<string> Escapable = FrozenSet.Create("title", "textarea");

    /// <summary>Lists the tokens. <paramref name="readsRaw"/> tells whether elements of raw text are such where they stand.</summary>
    public static IEnumerable<HtmlToken> Read(string text, Func<bool>? readsRaw = null)
    {
        using var source = new TextSource(text);
        using var tokenizer = new HtmlTokenizer(source, HtmlEntityProvider.Resolver)
        {
            SkipComments = true,
            SkipProcessingInstructions = true,
            DisableElementPositionTracking = true,
        };
        for (var token = tokenizer.Get(); token.Type != HtmlTokenType.EndOfFile; token = tokenizer.Get())
        {
            yield return token;
            if (token.Type == HtmlTokenType.StartTag && readsRaw?.Invoke() != false)
            {
                tokenizer.State = token.Name == "script" ? HtmlParseMode.Script
                    : Raw.Contains(token.Name) ? HtmlParseMode.Rawtext
                    : Escapable.Contains(token.Name) ? HtmlParseMode.RCData
                    : token.Name == "plaintext" ? HtmlParseMode.Plaintext
                    : HtmlParseMode.PCData;
            }
        }
    }
}
