using Freehold.Ingestion;
using Freehold.Storage;
using Freehold.Tenants;
using Microsoft.AspNetCore.Http;

namespace Freehold.Functions.Http;

/// <summary>Reads what a caller says of a document that is written or deleted.</summary>
internal static class UploadHeaders
{
    private const int Md5Bytes = 16;

    /// <summary>What is said of a body.</summary>
    public static UploadTerms UploadTerms(this HttpRequest request) => new(request.ContentLength, request.ContentType)
    {
        Metadata = request.Text("metadata") is { } json ? DocumentMetadata.Parse(json) : null,
        Condition = request.Condition(),
        ContentMd5 = request.ContentMd5(),
    };

    /// <summary>The headers <c>If-Match</c> and <c>If-None-Match: *</c>, of which there is one or none.</summary>
    public static BlobCondition? Condition(this HttpRequest request)
    {
        string? match = request.Headers.IfMatch;
        string? noneMatch = request.Headers.IfNoneMatch;
        return (match, noneMatch) switch
        {
            (null, null) => null,
            (null, "*") => BlobCondition.Absent,
            ("*", null) => BlobCondition.Present,
            (not null, null) when ETag(match) is { } etag => BlobCondition.Version(etag),
            _ => throw new InvalidInputException(
                "invalid-condition",
                "Send 'If-Match' with one ETag of the document or with *, or 'If-None-Match: *', or neither."),
        };
    }

    private static byte[]? ContentMd5(this HttpRequest request)
    {
        if ((string?)request.Headers.ContentMD5 is not { } text)
        {
            return null;
        }

        byte[] md5 = new byte[Md5Bytes];
        return Convert.TryFromBase64String(text, md5, out int bytes) && bytes == Md5Bytes
            ? md5
            : throw new InvalidInputException("invalid-content-md5", "'Content-MD5' is the MD5 of the body, 16 bytes in base64.");
    }

    // As a header has it, or as it stands in a document's JSON. A weak one is nobody's.
    private static string? ETag(string text)
    {
        string bare = text.Length > 2 && text.StartsWith('"') && text.EndsWith('"') ? text[1..^1] : text;
        return bare.Length > 0 && bare.All(character => char.IsAsciiLetterOrDigit(character) || character is '-' or '_' or '.') ? bare : null;
    }
}
