using UglyToad.PdfPig;
using UglyToad.PdfPig.Content;
using UglyToad.PdfPig.Core;
using UglyToad.PdfPig.Filters;
using UglyToad.PdfPig.Geometry;
using UglyToad.PdfPig.Graphics.Operations;
using UglyToad.PdfPig.Outline.Destinations;
using UglyToad.PdfPig.Parser;
using UglyToad.PdfPig.Parser.Parts;
using UglyToad.PdfPig.Tokenization.Scanner;
using UglyToad.PdfPig.Tokens;

namespace Freehold.Ingestion.Readers;

/// <summary>Makes the text of a page within <see cref="PdfLimits"/>, in place of the parser's page with paths and images.</summary>
/// <remarks>The parser calls the constructor, which has to be public and to take these parameters.</remarks>
internal sealed class PdfPageReader(
    IPdfTokenScanner pdfScanner,
    IResourceStore resourceStore,
    ILookupFilterProvider filterProvider,
    IPageContentParser pageContentParser,
    ParsingOptions parsingOptions)
    : BasePageFactory<PdfPageText>(
        pdfScanner,
        new PdfResources(resourceStore),
        filterProvider,
        new PdfContentParser(pageContentParser, (PdfLimits)parsingOptions.FilterProvider!),
        parsingOptions),
      IPageFactory<PdfPageText>
{
    private PdfLimits Limits => (PdfLimits)ParsingOptions.FilterProvider!;

    PdfPageText IPageFactory<PdfPageText>.Create(
        int number, DictionaryToken dictionary, PageTreeMembers pageTreeMembers, NamedDestinations namedDestinations)
    {
        Limits.StartPage();
        CountPlainContent(dictionary);
        return Create(number, dictionary, pageTreeMembers, namedDestinations);
    }

    protected override PdfPageText ProcessPage(
        int pageNumber,
        DictionaryToken dictionary,
        NamedDestinations namedDestinations,
        MediaBox mediaBox,
        CropBox cropBox,
        UserSpaceUnit userSpaceUnit,
        PageRotationDegrees rotation,
        TransformationMatrix initialMatrix,
        IReadOnlyList<IGraphicsStateOperation> operations)
    {
        var processor = new PdfTextProcessor(
            Limits,
            pageNumber,
            ResourceStore,
            PdfScanner,
            PageContentParser,
            FilterProvider,
            cropBox,
            userSpaceUnit,
            rotation,
            initialMatrix,
            ParsingOptions);
        return new PdfPageText(processor.Process(pageNumber, operations), PdfAnnotations.Typed(dictionary, PdfScanner));
    }

    // The parser joins the streams of a page, however many, and however often one of them is named.
    private void CountPlainContent(DictionaryToken page)
    {
        if (page.TryGet(NameToken.Contents, out var contents)
            && DirectObjectFinder.TryGet<ArrayToken>(contents, PdfScanner, out var streams))
        {
            foreach (var stream in streams.Data)
            {
                Limits.CountBytes(DirectObjectFinder.TryGet<StreamToken>(stream, PdfScanner, out var token) ? token.Data.Length : 0);
            }
        }
    }
}
