using System.Buffers;
using System.Security.Cryptography;
using System.Text;
using Azure;
using Azure.Storage.Blobs.Models;
using Azure.Storage.Blobs.Specialized;

namespace Freehold.Storage;

/// <summary>Writes one blob from a stream, with at most one block of it in memory. Nothing is seen of it before it is complete.</summary>
internal sealed class BlobWrite(BlockBlobClient blob, BlobUpload upload)
{
    /// <summary>A body up to this length is sent in one request, a longer one in blocks of it.</summary>
    private const int BlockLength = 4 << 20;

    private readonly BlobHttpHeaders _headers = new() { ContentType = upload.MediaType, ContentHash = upload.ContentMd5 };
    private readonly Dictionary<string, string> _metadata = new(upload.Metadata);
    private readonly BlobRequestConditions? _conditions = upload.Condition?.ForRequest();

    public async Task<BlobVersion> RunAsync(Stream content, CancellationToken cancellationToken)
    {
        byte[] block = ArrayPool<byte>.Shared.Rent((int)Math.Min(BlockLength, (upload.ExpectedLength ?? BlockLength) + 1));
        try
        {
            int length = await content.ReadAtLeastAsync(block, block.Length, throwOnEndOfStream: false, cancellationToken);
            return length < block.Length
                ? await PutAsync(block, length, cancellationToken)
                : await PutBlocksAsync(block, length, content, cancellationToken);
        }
        catch (RequestFailedException exception) when (exception.ErrorCode == BlobErrorCode.LeaseIdMissing)
        {
            throw new DocumentLeasedException();
        }
        catch (RequestFailedException exception) when (_conditions is not null && IsCondition(exception))
        {
            throw new PreconditionFailedException();
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(block);
        }
    }

    private static bool IsCondition(RequestFailedException exception) =>
        exception.ErrorCode == BlobErrorCode.ConditionNotMet
        || exception.ErrorCode == BlobErrorCode.BlobAlreadyExists
        || exception.ErrorCode == BlobErrorCode.BlobNotFound;

    private async Task<BlobVersion> PutAsync(byte[] block, int length, CancellationToken cancellationToken)
    {
#pragma warning disable CA5351 // Content-MD5 finds what was damaged on the way, not what was forged.
        CheckMd5(upload.ContentMd5 is null ? null : MD5.HashData(block.AsSpan(0, length)));
#pragma warning restore CA5351
        BlobUploadOptions options = new() { HttpHeaders = _headers, Metadata = _metadata, Conditions = _conditions };
        Response<BlobContentInfo> answer = await blob.UploadAsync(new MemoryStream(block, 0, length), options, cancellationToken);
        return Version(answer.Value, length);
    }

    private async Task<BlobVersion> PutBlocksAsync(byte[] block, int firstLength, Stream rest, CancellationToken cancellationToken)
    {
        // Ids of this upload's own: two uploads to one blob must not take each other's blocks for theirs.
        string name = Guid.NewGuid().ToString("N");
        List<string> ids = [];
        long total = 0;
        using IncrementalHash? md5 = upload.ContentMd5 is null ? null : IncrementalHash.CreateHash(HashAlgorithmName.MD5);
        for (int length = firstLength; length > 0;
            length = await rest.ReadAtLeastAsync(block, block.Length, throwOnEndOfStream: false, cancellationToken))
        {
            md5?.AppendData(block, 0, length);
            string id = Convert.ToBase64String(Encoding.ASCII.GetBytes($"{name}{ids.Count:D8}"));
            await blob.StageBlockAsync(id, new MemoryStream(block, 0, length), cancellationToken: cancellationToken);
            ids.Add(id);
            total += length;
        }

        CheckMd5(md5?.GetCurrentHash());
        try
        {
            CommitBlockListOptions options = new() { HttpHeaders = _headers, Metadata = _metadata, Conditions = _conditions };
            return Version((await blob.CommitBlockListAsync(ids, options, cancellationToken)).Value, total);
        }
        catch (RequestFailedException exception) when (exception.ErrorCode == BlobErrorCode.InvalidBlockList)
        {
            // A commit, or a blob put in one request, drops all blocks that wait at this blob.
            throw upload.Condition is null || upload.Condition == BlobCondition.Present
                ? new ConcurrentUploadException()
                : new PreconditionFailedException();
        }
    }

    private void CheckMd5(byte[]? actual)
    {
        if (actual is not null && !actual.AsSpan().SequenceEqual(upload.ContentMd5))
        {
            throw new ContentMd5MismatchException();
        }
    }

    private static BlobVersion Version(BlobContentInfo info, long length) => new(DocumentBlobs.Bare(info.ETag), length, info.LastModified);
}
