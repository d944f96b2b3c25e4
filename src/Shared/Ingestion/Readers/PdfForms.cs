using UglyToad.PdfPig;
using UglyToad.PdfPig.AcroForms.Fields;
using UglyToad.PdfPig.Annotations;
using UglyToad.PdfPig.Content;

namespace Freehold.Ingestion.Readers;

/// <summary>What was filled in or typed onto the pages of a PDF: it is seen on the page, but is no part of its content.</summary>
internal static class PdfForms
{
    /// <summary>Values of a page's form fields and its free text, each with its label where it has one.</summary>
    public static IReadOnlyList<string> Values(PdfDocument document, Page page)
    {
        try
        {
            var fields = document.TryGetForm(out var form) ? form.GetFieldsForPage(page.Number).Select(Value) : [];
            var typed = page.GetAnnotations().Where(annotation => annotation.Type == AnnotationType.FreeText).Select(annotation => annotation.Content);
            return [.. fields.Concat(typed).OfType<string>().Where(text => !string.IsNullOrWhiteSpace(text))];
        }
        // A form that is broken in whatever way costs its own values, not the text of the pages.
        catch (Exception exception) when (exception is not OutOfMemoryException)
        {
            return [];
        }
    }

    private static string? Value(AcroFieldBase field)
    {
        var value = field switch
        {
            AcroTextField text => text.Value,
            AcroComboBoxField combo => string.Join(", ", combo.SelectedOptions),
            AcroListBoxField list => string.Join(", ", list.SelectedOptions),
            _ => null,
        };
        return string.IsNullOrWhiteSpace(value) || field.Information.AlternateName is not { Length: > 0 } label ? value : $"{label}: {value}";
    }
}
