using System.Collections.Frozen;
using UglyToad.PdfPig;
using UglyToad.PdfPig.Content;
using UglyToad.PdfPig.Core;
using UglyToad.PdfPig.Filters;
using UglyToad.PdfPig.Geometry;
using UglyToad.PdfPig.Graphics;
using UglyToad.PdfPig.Graphics.Operations;
using UglyToad.PdfPig.Parser;
using UglyToad.PdfPig.PdfFonts;
using UglyToad.PdfPig.Tokenization.Scanner;
using UglyToad.PdfPig.Tokens;
using UglyToad.PdfPig.Util;

namespace Freehold.Ingestion.Readers;

/// <summary>Runs the drawing operations of a page for the glyphs alone: paths, images and clipping are passed over.</summary>
internal sealed class PdfTextProcessor(
    PdfLimits limits,
    int pageNumber,
    IResourceStore resourceStore,
    IPdfTokenScanner pdfScanner,
    IPageContentParser pageContentParser,
    ILookupFilterProvider filterProvider,
    CropBox cropBox,
    UserSpaceUnit userSpaceUnit,
    PageRotationDegrees rotation,
    TransformationMatrix initialMatrix,
    ParsingOptions parsingOptions)
    : BaseStreamProcessor<IReadOnlyList<PdfGlyph>>(
        pageNumber,
        resourceStore,
        pdfScanner,
        pageContentParser,
        filterProvider,
        cropBox,
        userSpaceUnit,
        rotation,
        initialMatrix,
        parsingOptions)
{
    private const int CheckedOperations = 1 << 16;

    // No letter of any script carries as many accents.
    private const int MaxMarks = 32;

    // State, text and forms (ISO 32000, annex A). What colours and shapes there are does not change the text.
    private static readonly FrozenSet<string> Relevant = FrozenSet.Create(
        "q", "Q", "cm", "gs", "Do", "BT", "ET", "Tc", "Tw", "Tz", "TL", "Tf", "Tr", "Ts", "Td", "TD", "Tm", "T*", "Tj", "TJ", "'", "\"");

    private readonly List<PdfGlyph> _glyphs = [];
    private int _formDepth;

    public override IReadOnlyList<PdfGlyph> Process(int pageNumberCurrent, IReadOnlyList<IGraphicsStateOperation> operations)
    {
        CloneAllStates();
        ProcessOperations(operations);
        return _glyphs;
    }

    public override void RenderGlyph(
        IFont font,
        CurrentGraphicsState currentState,
        double fontSize,
        double pointSize,
        int code,
        string unicode,
        long currentOffset,
        in TransformationMatrix renderingMatrix,
        in TransformationMatrix textMatrix,
        in TransformationMatrix transformationMatrix,
        CharacterBoundingBox characterBoundingBox)
    {
        if (string.IsNullOrWhiteSpace(unicode))
        {
            return;
        }

        if (_glyphs.Count > 0 && currentOffset > 0 && Diacritics.IsInCombiningDiacriticRange(unicode))
        {
            var last = _glyphs[^1];
            if (last.Text.Length > MaxMarks)
            {
                return;
            }

            var isCombined = Diacritics.TryCombineDiacriticWithPreviousLetter(unicode, last.Text, out var combined);
            _glyphs[^1] = last with { Text = isCombined ? combined! : last.Text + unicode };
            return;
        }

        var start = OnPage(new PdfPoint(0, 0), renderingMatrix, textMatrix, transformationMatrix);
        var end = OnPage(new PdfPoint(characterBoundingBox.Width, 0), renderingMatrix, textMatrix, transformationMatrix);
        _glyphs.Add(PdfGlyphs.Upright(unicode, start.X, start.Y, end.X, end.Y, pointSize));
    }

    public override void BeginInlineImage()
    {
    }

    public override void SetInlineImageProperties(IReadOnlyDictionary<NameToken, IToken> properties)
    {
    }

    public override void EndInlineImage(Memory<byte> bytes)
    {
    }

    public override void BeginSubpath()
    {
    }

    public override PdfPoint? CloseSubpath() => null;

    public override void StrokePath(bool close)
    {
    }

    public override void FillPath(FillingRule fillingRule, bool close)
    {
    }

    public override void FillStrokePath(FillingRule fillingRule, bool close)
    {
    }

    public override void MoveTo(double x, double y)
    {
    }

    public override void BezierCurveTo(double x2, double y2, double x3, double y3)
    {
    }

    public override void BezierCurveTo(double x1, double y1, double x2, double y2, double x3, double y3)
    {
    }

    public override void LineTo(double x, double y)
    {
    }

    public override void Rectangle(double x, double y, double width, double height)
    {
    }

    public override void EndPath()
    {
    }

    public override void ClosePath()
    {
    }

    public override void ModifyClippingIntersect(FillingRule clippingRule)
    {
    }

    public override void BeginMarkedContent(NameToken name, NameToken? propertyDictionaryName, DictionaryToken? properties)
    {
    }

    public override void EndMarkedContent()
    {
    }

    public override void PaintShading(NameToken shadingName)
    {
    }

    protected override void ProcessOperations(IReadOnlyList<IGraphicsStateOperation> operations)
    {
        for (var i = 0; i < operations.Count; i++)
        {
            if (i % CheckedOperations == 0)
            {
                limits.CountOperations(Math.Min(operations.Count - i, CheckedOperations));
            }

            if (Relevant.Contains(operations[i].Operator))
            {
                operations[i].Run(this);
            }
        }
    }

    // The parser itself sees no more than a form that draws itself directly.
    protected override void ProcessFormXObject(StreamToken formStream, NameToken xObjectName)
    {
        limits.CountForm();
        if (_formDepth == PdfLimits.MaxFormDepth)
        {
            return;
        }

        _formDepth++;
        base.ProcessFormXObject(formStream, xObjectName);
        _formDepth--;
    }

    protected override void RenderXObjectImage(XObjectContentRecord xObjectContentRecord)
    {
    }

    protected override void RenderInlineImage(InlineImage inlineImage)
    {
    }

    protected override void ClipToRectangle(PdfRectangle rectangle, FillingRule clippingRule)
    {
    }

    private static PdfPoint OnPage(
        PdfPoint point,
        in TransformationMatrix renderingMatrix,
        in TransformationMatrix textMatrix,
        in TransformationMatrix transformationMatrix) =>
        transformationMatrix.Transform(textMatrix.Transform(renderingMatrix.Transform(point)));
}
