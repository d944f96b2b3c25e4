using System.Text.Json;

namespace Freehold.Retrieval;

/// <summary>
/// Values as jsonpath writes them. A text is encoded as JSON is for web pages: quotes and backslashes in it are escapes, so it cannot end
/// before its end.
/// </summary>
internal static class JsonPathLiteral
{
    public static string Of(JsonElement scalar) => scalar.ValueKind == JsonValueKind.String ? Of(scalar.GetString()!) : scalar.GetRawText();

    public static string Of(string text) => $"\"{JsonEncodedText.Encode(text)}\"";
}
