using System.Buffers.Binary;
using System.Buffers.Text;
using System.IO.Hashing;
using System.Text;
using Freehold.Tenants;

namespace Freehold.Retrieval;

/// <summary>
/// Where a page of a search's passages ends: how many came before, of which search, and whether a model had put them in order. It opens nothing that the caller's key does not,
/// so it is not signed.
/// </summary>
internal static class SearchCursor
{
    private const int Length = sizeof(int) + sizeof(byte) + sizeof(ulong);

    /// <summary>The cursor after so many passages of a search.</summary>
    public static string Write(int passed, bool isReranked, SearchRequest request)
    {
        Span<byte> bytes = stackalloc byte[Length];
        BinaryPrimitives.WriteInt32BigEndian(bytes, passed);
        bytes[sizeof(int)] = isReranked ? (byte)1 : (byte)0;
        BinaryPrimitives.WriteUInt64BigEndian(bytes[(sizeof(int) + sizeof(byte))..], Fingerprint(request));
        return Base64Url.EncodeToString(bytes);
    }

    /// <summary>How many passages came before it, and whether a model had put them in order.</summary>
    /// <exception cref="InvalidInputException">It is no cursor, or one of another search.</exception>
    public static (int Passed, bool IsReranked) Read(string cursor, SearchRequest request)
    {
        Span<byte> bytes = stackalloc byte[Length];
        return cursor.Length <= 2 * Length
            && Base64Url.IsValid(cursor)
            && Base64Url.TryDecodeFromChars(cursor, bytes, out int written)
            && written == Length
            && BinaryPrimitives.ReadInt32BigEndian(bytes) is var passed and > 0
            && bytes[sizeof(int)] is var flag and (0 or 1)
            && BinaryPrimitives.ReadUInt64BigEndian(bytes[(sizeof(int) + sizeof(byte))..]) == Fingerprint(request)
                ? (passed, flag == 1)
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
        request.Expand,
        request.Rerank)));
}
