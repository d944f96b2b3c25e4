using System.Text.Json;

namespace Freehold.Sql;

/// <summary>Which values a <c>jsonb</c> column holds and finds again as they are.</summary>
internal static class JsonScalar
{
    /// <summary>What such a value is, in a sentence.</summary>
    public const string Rule = "a text without U+0000, a number of at most 28 digits, true, false or null";

    private const int LongestNumber = 40;

    public static bool IsStorable(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.String => IsText(value),
        JsonValueKind.Number => IsNumber(value),
        JsonValueKind.True or JsonValueKind.False or JsonValueKind.Null => true,
        _ => false,
    };

    // A number is stored with all its digits: 1e300 would take 300 of them, 1e200000 is refused by the server.
    private static bool IsNumber(JsonElement value)
    {
        string text = value.GetRawText();
        return text.Length <= LongestNumber && value.TryGetDecimal(out decimal number) && (number != 0 || !text.AsSpan().ContainsAnyInRange('1', '9'));
    }

    private static bool IsText(JsonElement value)
    {
        try
        {
            return !value.GetString()!.Contains('\0', StringComparison.Ordinal);
        }
        catch (InvalidOperationException)
        {
            // Half a surrogate pair.
            return false;
        }
    }
}
