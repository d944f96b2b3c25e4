using Freehold.Storage;
using Freehold.Tenants;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace Freehold.Functions.Http;

/// <summary>
/// The path as the caller wrote it. Servers decode it, and resolve <c>..</c>, before they route; a document's path has to be
/// percent-decoded exactly once and then checked.
/// </summary>
internal static class RequestPath
{
    private const string Documents = "/documents/";

    /// <summary>The document's path in a route that ends with it.</summary>
    public static DocumentPath Document(HttpRequest request)
    {
        string path = Raw(request);
        int start = path.IndexOf(Documents, StringComparison.OrdinalIgnoreCase);
        return DocumentPath.Parse(start < 0 ? null : Uri.UnescapeDataString(path[(start + Documents.Length)..]));
    }

    /// <summary>Refuses a path that tries to leave its place, whatever it would have been routed to.</summary>
    public static void RefuseDotSegments(HttpRequest request)
    {
        if (Uri.UnescapeDataString(Raw(request)).Split('/').Any(segment => segment is "." or ".."))
        {
            throw new InvalidInputException("invalid-path", "A path has no '.' or '..' segment.");
        }
    }

    private static string Raw(HttpRequest request)
    {
        string target = request.HttpContext.Features.Get<IHttpRequestFeature>()?.RawTarget is { Length: > 0 } raw ? raw : request.Path.ToUriComponent();

        // The absolute form, which proxies may send (RFC 9112, 3.2.2).
        int scheme = target.StartsWith('/') ? -1 : target.IndexOf("://", StringComparison.Ordinal);
        if (scheme >= 0)
        {
            int slash = target.IndexOf('/', scheme + 3);
            target = slash < 0 ? "/" : target[slash..];
        }

        int query = target.IndexOf('?', StringComparison.Ordinal);
        return query < 0 ? target : target[..query];
    }
}
