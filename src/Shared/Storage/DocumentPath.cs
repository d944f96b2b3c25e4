using System.Text;
using Freehold.Tenants;

namespace Freehold.Storage;

/// <summary>
/// A document's path within its tenant: 1 to 900 bytes of UTF-8, case kept, no <c>.</c> or <c>..</c> segment, no control
/// character, no slash at either end. Checked once, at the edge, after exactly one percent-decoding.
/// </summary>
public readonly record struct DocumentPath
{
    /// <summary>Most bytes of a path in UTF-8.</summary>
    public const int MaxBytes = 900;

    private static readonly UTF8Encoding Strict = new(false, throwOnInvalidBytes: true);

    private DocumentPath(string value) => Value = value;

    /// <summary>The path.</summary>
    public string Value { get; }

    /// <summary>Takes a path, or refuses it with a sentence that tells the rule.</summary>
    public static DocumentPath Parse(string? text) => WhyNot(text) is { } reason
        ? throw new InvalidInputException("invalid-document-path", reason)
        : new DocumentPath(text!);

    /// <summary>Whether <paramref name="text"/> is a path.</summary>
    public static bool TryParse(string? text, out DocumentPath path)
    {
        bool valid = WhyNot(text) is null;
        path = valid ? new DocumentPath(text!) : default;
        return valid;
    }

    /// <inheritdoc/>
    public override string ToString() => Value;

    private static string? WhyNot(string? text)
    {
        if (string.IsNullOrEmpty(text))
        {
            return "A document needs a path of 1 to 900 bytes.";
        }

        if (ByteCount(text) is not (>= 1 and <= MaxBytes))
        {
            return "A document's path is at most 900 bytes of valid UTF-8.";
        }

        if (text.Any(char.IsControl))
        {
            return "A document's path has no control characters.";
        }

        if (text.StartsWith('/') || text.EndsWith('/'))
        {
            return "A document's path neither starts nor ends with a slash.";
        }

        return text.Split('/').Any(segment => segment is "." or "..") ? "A document's path has no '.' or '..' segment." : null;
    }

    private static int? ByteCount(string text)
    {
        try
        {
            return Strict.GetByteCount(text);
        }
        catch (EncoderFallbackException)
        {
            return null;
        }
    }
}
