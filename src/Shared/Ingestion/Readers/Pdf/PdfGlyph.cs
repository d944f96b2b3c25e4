namespace Freehold.Ingestion.Readers;

/// <summary>
/// A letter, a ligature or a letter with its accents on a page, turned upright by <paramref name="Angle"/> degrees, in points.
/// </summary>
internal readonly record struct PdfGlyph(string Text, int Angle, double Left, double Right, double Baseline, double Size);

/// <summary>What is written on a page: the glyphs in the order of its content, and what was typed into its form fields.</summary>
internal sealed record PdfPageText(IReadOnlyList<PdfGlyph> Glyphs, IReadOnlyList<string> Typed);
