using System.Text;
using System.Text.Json;
using Freehold.Tenants;

namespace Freehold.Retrieval;

/// <summary>
/// Which documents are searched, by their metadata, path and media type. It reaches the database as jsonpath, in parameters: the
/// index on metadata looks equal values up in it, at any depth. What the language is: docs/search.md.
/// </summary>
internal sealed class SearchFilter
{
    /// <summary>Most bytes of a filter's JSON.</summary>
    public const int MaxBytes = 8192;

    /// <summary>Most conditions.</summary>
    public const int MaxConditions = 50;

    /// <summary>Most values, over all conditions.</summary>
    public const int MaxValues = 200;

    /// <summary>Most levels of <c>and</c>, <c>or</c> and <c>not</c>.</summary>
    public const int MaxDepth = 8;

    private SearchFilter(string? metadata, string? document) => (Metadata, Document) = (metadata, document);

    /// <summary>What metadata has to fulfil, for itself; null for nothing.</summary>
    public string? Metadata { get; }

    /// <summary>What metadata has to fulfil together with the document's own members, <c>$path</c> and <c>$mediaType</c>; null for nothing.</summary>
    public string? Document { get; }

    /// <summary>Takes a filter; null where everything is searched.</summary>
    /// <exception cref="InvalidInputException">It is no filter.</exception>
    public static SearchFilter? Parse(JsonElement? filter)
    {
        if (filter is not { } json || json.ValueKind == JsonValueKind.Null)
        {
            return null;
        }

        if (Encoding.UTF8.GetByteCount(json.GetRawText()) > MaxBytes)
        {
            throw Invalid("It is too large.");
        }

        // What all have to hold is kept in two parts, so that the document's own members do not keep the index on metadata from being used.
        IReadOnlyList<FilterPart> parts = FilterParser.Parse(json);
        return parts.Count == 0 ? null : new SearchFilter(And(parts, ofDocument: false), And(parts, ofDocument: true));
    }

    /// <summary>The condition that a passage's document has what is asked for, once <c>filtered</c> is there.</summary>
    public static string Holds(string id) => $"{id} >> 20 in (select version from filtered)";

    /// <summary>Adds <c>filtered (version)</c>.</summary>
    public void AddTo(SearchStatement statement)
    {
        List<string> conditions = [];
        if (Metadata is not null)
        {
            conditions.Add($"metadata @@ {statement.Parameter(Metadata)}::jsonpath");
        }

        if (Document is not null)
        {
            // No member of the metadata has a name with a dollar sign.
            string members = $"jsonb_build_object('{FilterParser.Path}', path, '{FilterParser.MediaType}', media_type)";
            conditions.Add($"(metadata || {members}) @@ {statement.Parameter(Document)}::jsonpath");
        }

        statement.Add("filtered", $"select version from documents where {string.Join(" and ", conditions)}", isKept: true);
    }

    /// <summary>Says what is wrong with a filter, and what one looks like.</summary>
    public static InvalidInputException Invalid(string reason) => new(
        "invalid-filter",
        $$"""A filter is a JSON object such as {"department": "sales", "year": { "gte": 2025 } }, with at most {{MaxConditions}} conditions, {{MaxValues}} values, {{MaxDepth}} levels and {{MaxBytes}} bytes. {{reason}}""");

    private static string? And(IEnumerable<FilterPart> parts, bool ofDocument) =>
        string.Join(" && ", parts.Where(part => part.IsOfDocument == ofDocument).Select(part => part.JsonPath)) is { Length: > 0 } path ? path : null;
}
