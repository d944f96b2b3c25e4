using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using UglyToad.PdfPig.Content;
using UglyToad.PdfPig.Core;
using UglyToad.PdfPig.Graphics.Colors;
using UglyToad.PdfPig.PdfFonts;
using UglyToad.PdfPig.Tokens;

namespace Freehold.Ingestion.Readers;

/// <summary>
/// What a page draws with, without colours, patterns and masks: text is the same without them, and the parser follows
/// their definitions in circles until the stack is exhausted.
/// </summary>
internal sealed class PdfResources(IResourceStore inner) : IResourceStore
{
    // The parser knows a dictionary that it has read before by the object.
    private readonly ConditionalWeakTable<DictionaryToken, DictionaryToken> _plain = [];

    public void LoadResourceDictionary(DictionaryToken resourceDictionary) =>
        inner.LoadResourceDictionary(_plain.GetValue(resourceDictionary, Plain));

    public void UnloadResourceDictionary() => inner.UnloadResourceDictionary();

    public IFont? GetFont(NameToken name) => inner.GetFont(name);

    public bool TryGetXObject(NameToken name, [NotNullWhen(true)] out StreamToken? stream) => inner.TryGetXObject(name, out stream);

    public bool TryGetXObjectReference(NameToken name, out IndirectReference reference) =>
        inner.TryGetXObjectReference(name, out reference);

    public DictionaryToken? GetExtendedGraphicsStateDictionary(NameToken name) =>
        inner.GetExtendedGraphicsStateDictionary(name) is { } state && state.TryGet(NameToken.Font, out var font)
            ? new DictionaryToken(new Dictionary<NameToken, IToken> { [NameToken.Font] = font })
            : new DictionaryToken(new Dictionary<NameToken, IToken>());

    public IFont GetFontDirectly(IndirectReferenceToken fontReferenceToken) => inner.GetFontDirectly(fontReferenceToken);

    public bool TryGetNamedColorSpace(NameToken name, out ResourceColorSpace namedColorSpace)
    {
        namedColorSpace = default;
        return false;
    }

    public ColorSpaceDetails GetColorSpaceDetails(NameToken? name, DictionaryToken? dictionary) => DeviceGrayColorSpaceDetails.Instance;

    public ColorSpaceDetails GetDeviceColorSpaceDetails(ColorSpace deviceColorSpace) => DeviceGrayColorSpaceDetails.Instance;

    public DictionaryToken? GetMarkedContentPropertiesDictionary(NameToken name) => null;

    public IReadOnlyDictionary<NameToken, PatternColor> GetPatterns() => new Dictionary<NameToken, PatternColor>();

    public Shading GetShading(NameToken name) => inner.GetShading(name);

    private static DictionaryToken Plain(DictionaryToken resources) =>
        resources.Without(NameToken.ColorSpace).Without(NameToken.Pattern).Without(NameToken.Shading);
}
