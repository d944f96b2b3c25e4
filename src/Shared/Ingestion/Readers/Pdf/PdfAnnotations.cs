using UglyToad.PdfPig;
using UglyToad.PdfPig.Parser.Parts;
using UglyToad.PdfPig.Tokenization.Scanner;
using UglyToad.PdfPig.Tokens;

namespace Freehold.Ingestion.Readers;

/// <summary>What was typed onto a page: values of form fields and free text. It is seen there, but is no part of the content.</summary>
internal static class PdfAnnotations
{
    private const int MaxParents = 16;

    /// <summary>Lists what was typed, each value after the label of its field, where it has one.</summary>
    public static IReadOnlyList<string> Typed(DictionaryToken page, IPdfTokenScanner scanner)
    {
        if (!page.TryGet(NameToken.Annots, scanner, out ArrayToken? annotations))
        {
            return [];
        }

        var typed = new List<string>();
        foreach (var token in annotations.Data)
        {
            if (DirectObjectFinder.TryGet<DictionaryToken>(token, scanner, out var annotation)
                && annotation.TryGet(NameToken.Subtype, scanner, out NameToken? subtype)
                && Text(annotation, subtype.Data, scanner) is { } text)
            {
                typed.Add(text);
            }
        }

        return typed;
    }

    private static string? Text(DictionaryToken annotation, string subtype, IPdfTokenScanner scanner) => subtype switch
    {
        "Widget" => Value(annotation, scanner),
        "FreeText" => Entry(annotation, "Contents", scanner),
        _ => null,
    };

    private static string? Value(DictionaryToken widget, IPdfTokenScanner scanner)
    {
        // What a field has not itself, it has from its parents.
        string? type = null, value = null, label = null;
        DictionaryToken? field = widget;
        for (var i = 0; i < MaxParents && field is not null; i++)
        {
            type ??= field.TryGet(NameToken.Ft, scanner, out NameToken? name) ? name.Data : null;
            value ??= Entry(field, "V", scanner);
            label ??= Entry(field, "TU", scanner);
            field = field.TryGet(NameToken.Parent, scanner, out DictionaryToken? parent) ? parent : null;
        }

        return type is not ("Tx" or "Ch") || value is null ? null : label is null ? value : $"{label}: {value}";
    }

    private static string? Entry(DictionaryToken dictionary, string key, IPdfTokenScanner scanner)
    {
        var name = NameToken.Create(key);
        var text = dictionary.TryGet(name, scanner, out StringToken? plain) ? plain.Data
            : dictionary.TryGet(name, scanner, out HexToken? hex) ? hex.Data
            : dictionary.TryGet(name, scanner, out ArrayToken? several)
                ? string.Join(", ", several.Data.OfType<StringToken>().Select(value => value.Data))
            : null;
        return string.IsNullOrWhiteSpace(text) ? null : text;
    }
}
