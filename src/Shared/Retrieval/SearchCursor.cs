using System.Buffers.Binary;
using System.Buffers.Text;
using System.IO.Hashing;
using System.Text;
using Freehold.Tenants;

namespace Freehold.Retrieval;

/// <summary>
/// Where a page of a search's passages ends: how many came before, and of which search. It opens nothing that the caller's key does not,
/// so it is not signed.
/// </summary>
internal static class SearchCursor
{
    private const int Length = sizeof(int) + sizeof(ulong);

    /// <summary>The cursor after so many passages of a search.</summary>
    public static string Write(int passed, SearchRequest request)
    {
        Span<byte> bytes = stackalloc byte[Length];
        BinaryPrimitives.WriteInt32BigEndian(bytes, passed);
        BinaryPrimitives.WriteUInt64BigEndian(bytes[sizeof(int)..], Fingerprint(request));
        return Base64Url.EncodeToString(bytes);
    }

    /// <summary>How many passages came before it.</summary>
    /// <exception cref="InvalidInputException">It is no cursor, or one of another search.</exception>
    public static int Read(string cursor, SearchRequest request)
    {
        Span<byte> bytes = stackalloc byte[Length];
        return cursor.Length <= 2 * Length
            && Base64Url.IsValid(cursor)
            && Base64Url.TryDecodeFromChars(cursor, bytes, out int written)
            && written == Length
            && BinaryPrimitives.ReadInt32BigEndian(bytes) is var passed and > 0
            && BinaryPrimitives.ReadUInt64BigEndian(bytes[sizeof(int)..]) == Fingerprint(request)
                ? passed
                : throw new InvalidInputException("invalid-cursor", "The cursor is not one that this very search has given: repeat it unchanged but for 'after'.");
    }

    // Everything that decides the order.
    private static ulong Fingerprint(SearchRequest request) => XxHash3.HashToUInt64(Encoding.UTF8.GetBytes(string.Join(
        '\0',
        request.Query,
        request.Limit,
        request.Mode,
        request.Filter?.GetRawText(),
        request.Language,
        request.MaxPerDocument,
        request.Diversity,
        request.Expand)));
}
