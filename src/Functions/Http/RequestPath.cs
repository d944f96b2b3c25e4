using Freehold.Storage;
using Freehold.Tenants;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace Freehold.Functions.Http;

/// <summary>
/// The path as it came over the wire. Servers decode it, and resolve <c>..</c>, before they route; a document's path has to be
/// percent-decoded exactly once and then checked. In Azure the Functions host stands between: it decodes all but slashes, and encodes
/// what it passes on, so that an encoded slash arrives encoded twice.
/// </summary>
internal static class RequestPath
{
    private const string Tenants = "/tenants/";
    private const string Documents = "/documents/";

    /// <summary>The document's path in the route <c>tenants/{tenant}/documents/{*path}</c>.</summary>
    public static DocumentPath Document(HttpRequest request)
    {
        string path = Raw(request);
        int tenant = path.IndexOf(Tenants, StringComparison.OrdinalIgnoreCase);
        int end = tenant < 0 ? -1 : path.IndexOf('/', tenant + Tenants.Length);
        if (end < 0 || !path.AsSpan(end).StartsWith(Documents, StringComparison.OrdinalIgnoreCase))
        {
            return DocumentPath.Parse(null);
        }

        string decoded = Uri.UnescapeDataString(path[(end + Documents.Length)..]);
        return decoded.Contains("%2F", StringComparison.OrdinalIgnoreCase)
            ? throw new InvalidInputException(
                "invalid-document-path", "A document's path holds no encoded slash: hosts disagree on what it means. Write the slash itself.")
            : DocumentPath.Parse(decoded);
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
