using System.Text.Json;
using Freehold.Sql;
using Freehold.Tenants;

namespace Freehold.Retrieval;

/// <summary>A condition as jsonpath, and whether it asks for a member of the document's own.</summary>
internal sealed record FilterPart(string JsonPath, bool IsOfDocument);

/// <summary>
/// Writes a filter as jsonpath. Every condition is written so that it is true or false of any metadata, never unknown as jsonpath's
/// comparisons of different types are: so <c>not</c> means what it says.
/// </summary>
internal sealed class FilterParser
{
    /// <summary>Name of the member that is the document's path.</summary>
    public const string Path = "$path";

    /// <summary>Name of the member that is the document's media type.</summary>
    public const string MediaType = "$mediaType";

    private int _conditions;
    private int _values;

    private FilterParser()
    {
    }

    /// <summary>The conditions that all have to hold.</summary>
    /// <exception cref="InvalidInputException">It is no filter.</exception>
    public static IReadOnlyList<FilterPart> Parse(JsonElement json)
    {
        try
        {
            return [.. new FilterParser().Members(json, 1)];
        }
        catch (InvalidOperationException)
        {
            // What the reader makes of half a surrogate pair.
            throw Invalid("It holds a text that is not valid Unicode.");
        }
    }

    private IEnumerable<FilterPart> Members(JsonElement json, int depth) =>
        json.ValueKind != JsonValueKind.Object ? throw Invalid("It is not an object.")
        : depth > SearchFilter.MaxDepth ? throw Invalid("It is too deep.")
        : json.EnumerateObject().SelectMany(member => Member(member.Name, member.Value, depth));

    private IEnumerable<FilterPart> Member(string name, JsonElement value, int depth) => name switch
    {
        // Metadata may have members of these names, too; their values are no objects and no arrays of objects.
        "and" or "or" when value.ValueKind == JsonValueKind.Array && value.EnumerateArray().Any(part => part.ValueKind == JsonValueKind.Object) =>
            Several(name, value, depth),
        "not" when value.ValueKind == JsonValueKind.Object => [Not(All(value, depth + 1))],
        _ => Conditions(name, value),
    };

    private FilterPart[] Several(string name, JsonElement value, int depth)
    {
        FilterPart[] parts = [.. value.EnumerateArray().Select(part => All(part, depth + 1))];
        return name == "and" ? parts : [Join(parts, " || ")];
    }

    private FilterPart All(JsonElement json, int depth)
    {
        FilterPart[] parts = [.. Members(json, depth)];
        return parts.Length > 0 ? Join(parts, " && ") : throw Invalid("A part of it is empty.");
    }

    private IEnumerable<FilterPart> Conditions(string name, JsonElement value)
    {
        if (name.Contains('\0', StringComparison.Ordinal))
        {
            throw Invalid("A name holds U+0000.");
        }

        bool isOfDocument = name is Path or MediaType;
        return value.ValueKind != JsonValueKind.Object
            ? [new FilterPart(Condition(name, value.ValueKind == JsonValueKind.Array ? "in" : "eq", value), isOfDocument)]
            : value.EnumerateObject().Any()
                ? value.EnumerateObject().Select(condition => new FilterPart(Condition(name, condition.Name, condition.Value), isOfDocument))
                : throw Invalid("A member asks for nothing.");
    }

    private string Condition(string name, string operation, JsonElement value)
    {
        _conditions++;
        if (_conditions > SearchFilter.MaxConditions)
        {
            throw Invalid("It has too many conditions.");
        }

        // As an accessor, it takes a value alone like an array of it.
        string member = $"$.{JsonPathLiteral.Of(name)}";
        return operation switch
        {
            "eq" => Any(member, "==", Scalar(value)),
            "ne" => $"!{Any(member, "==", Scalar(value))}",
            "in" => $"exists({member}[*] ? ({string.Join(" || ", Scalars(value).Select(one => $"@ == {JsonPathLiteral.Of(one)}"))}))",
            "gt" => Any(member, ">", Ordered(value)),
            "gte" => Any(member, ">=", Ordered(value)),
            "lt" => Any(member, "<", Ordered(value)),
            "lte" => Any(member, "<=", Ordered(value)),
            "prefix" => Any(member, "starts with", Text(value)),
            "exists" => value.ValueKind switch
            {
                JsonValueKind.True => $"exists({member})",
                JsonValueKind.False => $"!exists({member})",
                _ => throw Invalid("'exists' takes true or false."),
            },
            _ => throw Invalid("Operators are eq, ne, in, gt, gte, lt, lte, prefix and exists."),
        };
    }

    private static string Any(string member, string comparison, JsonElement value) =>
        $"exists({member}[*] ? (@ {comparison} {JsonPathLiteral.Of(value)}))";

    private IEnumerable<JsonElement> Scalars(JsonElement value) => value.ValueKind == JsonValueKind.Array && value.GetArrayLength() > 0
        ? value.EnumerateArray().Select(Scalar)
        : throw Invalid("'in' takes an array of at least one value.");

    private JsonElement Scalar(JsonElement value)
    {
        _values++;
        return _values > SearchFilter.MaxValues ? throw Invalid("It has too many values.")
            : JsonScalar.IsStorable(value) ? value
            : throw Invalid($"A value is {JsonScalar.Rule}.");
    }

    private JsonElement Ordered(JsonElement value) => Scalar(value).ValueKind is JsonValueKind.Number or JsonValueKind.String
        ? value
        : throw Invalid("'gt', 'gte', 'lt' and 'lte' take a number or a text.");

    private JsonElement Text(JsonElement value) => Scalar(value).ValueKind == JsonValueKind.String ? value : throw Invalid("'prefix' takes a text.");

    private static FilterPart Not(FilterPart part) => part with { JsonPath = $"!({part.JsonPath})" };

    private static FilterPart Join(FilterPart[] parts, string with) => parts.Length == 1
        ? parts[0]
        : new FilterPart($"({string.Join(with, parts.Select(part => part.JsonPath))})", parts.Any(part => part.IsOfDocument));

    private static InvalidInputException Invalid(string reason) => SearchFilter.Invalid(reason);
}
