using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Freehold.Sql;
using Freehold.Tenants;

namespace Freehold.Retrieval;

/// <summary>Which documents are searched, by their metadata. It reaches the database as parameters alone.</summary>
internal sealed class SearchFilter
{
    private const int MaxBytes = 4096;
    private const int MaxMembers = 20;

    private const int MaxValues = 100;

    private SearchFilter(IEnumerable<(string Part, int Member)> parts, int members)
    {
        (Parts, MemberOfPart) = ([.. parts.Select(part => part.Part)], [.. parts.Select(part => part.Member)]);
        AllMembers = (1 << members) - 1;
    }

    /// <summary>JSON objects. A document has a member when its metadata contains one of the member's parts.</summary>
    public string[] Parts { get; }

    /// <summary>Which member each part is of, from 0.</summary>
    public int[] MemberOfPart { get; }

    /// <summary>A bit for each member.</summary>
    public int AllMembers { get; }

    /// <summary>Takes a filter; null where everything is searched.</summary>
    /// <exception cref="InvalidInputException">It is no filter.</exception>
    public static SearchFilter? Parse(JsonElement? filter)
    {
        if (filter is not { } json || json.ValueKind == JsonValueKind.Null)
        {
            return null;
        }

        if (json.ValueKind != JsonValueKind.Object)
        {
            throw Invalid("It is not an object.");
        }

        if (Encoding.UTF8.GetByteCount(json.GetRawText()) > MaxBytes)
        {
            throw Invalid("It is too large.");
        }

        try
        {
            string[][] members = [.. json.EnumerateObject().Select(member => AnyOf(member.Name, member.Value))];
            return members.Length > MaxMembers ? throw Invalid("It has too many members.")
                : members.Sum(anyOf => anyOf.Length) > 2 * MaxValues ? throw Invalid("It has too many values.")
                : members.Length == 0 ? null
                : new SearchFilter(members.SelectMany((anyOf, member) => anyOf.Select(part => (part, member))), members.Length);
        }
        catch (InvalidOperationException)
        {
            // What the reader makes of half a surrogate pair.
            throw Invalid("It holds a text that is not valid Unicode.");
        }
    }

    /// <summary>The condition that a passage's document has the metadata asked for, once <c>filtered</c> is there.</summary>
    public static string Holds(string id) => $"{id} >> 20 in (select version from filtered)";

    /// <summary>Adds <c>filtered (version)</c>. A lookup in the index for each part: as conditions, their combinations would be looked up, which multiply.</summary>
    public void AddTo(SearchStatement statement) => statement.Add(
        "filtered",
        $"""
        select d.version from unnest({statement.Parameter(Parts)}::jsonb[], {statement.Parameter(MemberOfPart)}::int[]) as f (part, member)
        join documents d on d.metadata @> f.part
        group by d.version having bit_or(1 << f.member) = {statement.Parameter(AllMembers)}
        """,
        isKept: true);

    // Both forms of each value: alone, and in an array.
    private static string[] AnyOf(string name, JsonElement value)
    {
        JsonElement[] values = value.ValueKind == JsonValueKind.Array ? [.. value.EnumerateArray()] : [value];
        return values.Length > 0 && values.All(JsonScalar.IsStorable) && !name.Contains('\0', StringComparison.Ordinal)
            ? [.. values.SelectMany(one => (string[])[Containing(name, one, isArray: false), Containing(name, one, isArray: true)])]
            : throw Invalid($"Each member is {JsonScalar.Rule}, or an array of at least one such value.");
    }

    private static string Containing(string name, JsonElement value, bool isArray)
    {
        using MemoryStream json = new();
        using (Utf8JsonWriter writer = new(json, new JsonWriterOptions { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping }))
        {
            writer.WriteStartObject();
            writer.WritePropertyName(name);
            if (isArray)
            {
                writer.WriteStartArray();
            }

            value.WriteTo(writer);
            if (isArray)
            {
                writer.WriteEndArray();
            }

            writer.WriteEndObject();
        }

        return Encoding.UTF8.GetString(json.ToArray());
    }

    private static InvalidInputException Invalid(string reason) => new(
        "invalid-filter",
        $$"""A filter is a JSON object such as {"department": "sales", "year": [2025, 2026]}, with at most {{MaxMembers}} members, {{MaxValues}} values and {{MaxBytes}} bytes. {{reason}}""");
}
