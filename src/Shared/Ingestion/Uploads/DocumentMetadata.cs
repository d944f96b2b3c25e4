using System.Buffers;
using System.Buffers.Text;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.RegularExpressions;
using Freehold.Sql;
using Freehold.Tenants;

namespace Freehold.Ingestion;

/// <summary>
/// What is known of a document beside its text: a JSON object of scalars and arrays of scalars, within limits. It comes from three
/// sources, of which a later one wins: what the document says of itself, the blob's own metadata, and what the uploader gave as JSON,
/// which travels with the blob as one entry of its metadata.
/// </summary>
public sealed partial class DocumentMetadata
{
    /// <summary>Most bytes of the object in UTF-8.</summary>
    public const int MaxBytes = 4096;

    /// <summary>Most members of the object.</summary>
    public const int MaxMembers = 50;

    /// <summary>Name of the blob's metadata entry that holds an uploader's JSON, in base64url.</summary>
    public const string BlobEntry = "freehold";

    private static readonly JsonWriterOptions Readable = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private readonly Dictionary<string, JsonElement> _members = [];
    private int _bytes = "{}".Length;

    /// <summary>Takes an uploader's JSON, or refuses it with a sentence that tells the rule.</summary>
    public static DocumentMetadata Parse(string json)
    {
        try
        {
            return Of(JsonElement.Parse(json));
        }
        catch (JsonException)
        {
            throw Invalid("It is not JSON.");
        }
    }

    /// <inheritdoc cref="Parse"/>
    public static DocumentMetadata Of(JsonElement json)
    {
        if (json.ValueKind != JsonValueKind.Object)
        {
            throw Invalid("It is not an object.");
        }

        DocumentMetadata metadata = new();
        foreach ((string name, JsonElement value) in Members(json))
        {
            if (!Name().IsMatch(name))
            {
                throw Invalid("A name has 1 to 64 characters of A-Z a-z 0-9 _ . and -.");
            }

            if (!IsValue(value))
            {
                throw Invalid($"'{name}' is neither {JsonScalar.Rule}, nor an array of such values.");
            }

            if (!metadata.TryAdd(name, value))
            {
                throw Invalid("It is too large.");
            }
        }

        return metadata;
    }

    /// <summary>
    /// Puts together what the sources say, as JSON. What is invalid in a source is left out, and so is what goes beyond the limits, of
    /// the weaker source first: no document fails because of its metadata.
    /// </summary>
    /// <param name="blobMetadata">The blob's metadata, names in lower case.</param>
    /// <param name="documentMetadata">What the document says of itself, or null.</param>
    public static string Merge(
        IReadOnlyDictionary<string, string> blobMetadata, IReadOnlyDictionary<string, JsonElement>? documentMetadata)
    {
        DocumentMetadata merged = new();
        merged.AddValid(FromUploader(blobMetadata));
        merged.AddValid(blobMetadata.Where(entry => entry.Key != BlobEntry).OrderBy(entry => entry.Key, StringComparer.Ordinal)
            .Select(entry => (entry.Key, JsonSerializer.SerializeToElement(entry.Value, MetadataJson.Default.String))));
        merged.AddValid(documentMetadata?.Select(entry => (entry.Key, entry.Value)) ?? []);
        return merged.ToString();
    }

    /// <summary>As the blob's metadata holds it; nothing for an empty object.</summary>
    public IReadOnlyDictionary<string, string> ForBlob() => _members.Count == 0
        ? new Dictionary<string, string>()
        : new Dictionary<string, string> { [BlobEntry] = Base64Url.EncodeToString(Encoding.UTF8.GetBytes(ToString())) };

    /// <summary>As JSON.</summary>
    public override string ToString()
    {
        ArrayBufferWriter<byte> buffer = new(_bytes);
        using (Utf8JsonWriter writer = new(buffer, Readable))
        {
            writer.WriteStartObject();
            foreach ((string name, JsonElement value) in _members)
            {
                writer.WritePropertyName(name);
                value.WriteTo(writer);
            }

            writer.WriteEndObject();
        }

        return Encoding.UTF8.GetString(buffer.WrittenSpan);
    }

    private static IEnumerable<(string Name, JsonElement Value)> FromUploader(IReadOnlyDictionary<string, string> blobMetadata)
    {
        try
        {
            // Whoever may write the blob may have written anything here.
            return blobMetadata.TryGetValue(BlobEntry, out string? entry)
                && JsonElement.Parse(Base64Url.DecodeFromChars(entry)) is { ValueKind: JsonValueKind.Object } json
                    ? Members(json)
                    : [];
        }
        catch (Exception exception) when (exception is FormatException or JsonException or InvalidInputException)
        {
            return [];
        }
    }

    // Of two members of one name the last counts, as everywhere in JSON.
    private static IEnumerable<(string Name, JsonElement Value)> Members(JsonElement json)
    {
        try
        {
            Dictionary<string, JsonElement> members = [];
            foreach (JsonProperty member in json.EnumerateObject())
            {
                members[member.Name] = member.Value;
            }

            return members.Select(member => (member.Key, member.Value));
        }
        catch (InvalidOperationException)
        {
            // What the reader makes of half a surrogate pair.
            throw Invalid("It holds a name that is not valid Unicode.");
        }
    }

    private static bool IsValue(JsonElement value) => value.ValueKind == JsonValueKind.Array
        ? value.EnumerateArray().All(JsonScalar.IsStorable)
        : JsonScalar.IsStorable(value);

    private void AddValid(IEnumerable<(string Name, JsonElement Value)> members)
    {
        foreach ((string name, JsonElement value) in members)
        {
            if (Name().IsMatch(name) && IsValue(value))
            {
                TryAdd(name, value);
            }
        }
    }

    private bool TryAdd(string name, JsonElement value)
    {
        ArrayBufferWriter<byte> buffer = new();
        using (Utf8JsonWriter writer = new(buffer, Readable))
        {
            value.WriteTo(writer);
        }

        int bytes = name.Length + "\"\":,".Length + buffer.WrittenCount;
        if (_members.Count == MaxMembers || _bytes + bytes > MaxBytes || !_members.TryAdd(name, value))
        {
            return false;
        }

        _bytes += bytes;
        return true;
    }

    private static InvalidInputException Invalid(string reason) => new(
        "invalid-metadata",
        $"Metadata is a JSON object of texts, numbers, true, false, null and arrays of these, with at most {MaxMembers} members and {MaxBytes} bytes. {reason}");

    [GeneratedRegex(@"^[A-Za-z0-9_.-]{1,64}\z")]
    private static partial Regex Name();
}

[System.Text.Json.Serialization.JsonSerializable(typeof(string))]
internal sealed partial class MetadataJson : System.Text.Json.Serialization.JsonSerializerContext;
