using System.Security.Cryptography;
using Freehold.Ai;
using Freehold.Ingestion.Readers;
using Freehold.Postgres;
using Freehold.Storage;
using Freehold.Tenants;
using Freehold.Usage;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.Logging;

namespace Freehold.Ingestion;

/// <summary>
/// Brings one path of a tenant's database to what blob storage holds there now: takes in a version, or removes the document.
/// It trusts neither the content nor the order of what woke it, and does nothing where nothing is to be done.
/// </summary>
public sealed class ChunkDocument(
    DocumentBlobs blobs,
    TenantDataSources dataSources,
    Manifest manifest,
    Claims claims,
    Admission admission,
    DocumentReading reading,
    IEmbeddingGenerator<string, Embedding<float>> embedder,
    EmbeddingModel model,
    IngestionUse use,
    EmbeddedTokens tokens,
    TimeProvider time,
    ILogger<ChunkDocument> logger)
{
    // Each round means that somebody else changed the blob meanwhile. Who changes it this often sends another event.
    private const int MaxRounds = 5;

    // How long a document waits before its tenant is asked about again: one in the making, or one that does not serve now.
    private static readonly TimeSpan ShortPostponement = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan LongPostponement = TimeSpan.FromMinutes(5);
    private static readonly TimeSpan RefusalPause = TimeSpan.FromHours(6);

    // Documents that are tried again when one is removed: more than take its place, as a rule, and never all there are.
    private const int MostTriedAgain = 20;

    /// <summary>Looks at one path.</summary>
    /// <returns>Whether the document now waits for embeddings, to be woken by a message.</returns>
    public async Task<bool> RunAsync(TenantPlacement tenant, DocumentPath path, CancellationToken cancellationToken)
    {
        if (tenant.State != TenantState.Active)
        {
            await PostponeAsync(tenant, path, cancellationToken);
            return false;
        }

        for (int round = 0; round < MaxRounds; round++)
        {
            await using OpenBlob? blob = await blobs.OpenAsync(tenant.Id, path, cancellationToken);
            Outcome outcome = blob is null
                ? await RemoveAsync(tenant, path, cancellationToken)
                : await TakeInAsync(tenant, path, blob, cancellationToken);
            if (outcome != Outcome.Overtaken)
            {
                return outcome == Outcome.Staged;
            }
        }

        return false;
    }

    private async Task PostponeAsync(TenantPlacement tenant, DocumentPath path, CancellationToken cancellationToken)
    {
        TimeSpan pause = tenant.State == TenantState.Provisioning ? ShortPostponement : LongPostponement;
        if (await blobs.FindAsync(tenant.Id, path, cancellationToken) is { } version)
        {
            await manifest.PostponeAsync(tenant.Uid, path, version, pause, cancellationToken);
        }
        else
        {
            await manifest.PostponeRemovalAsync(tenant.Uid, path, pause, cancellationToken);
        }
    }

    private async Task<Outcome> TakeInAsync(TenantPlacement tenant, DocumentPath path, OpenBlob blob, CancellationToken cancellationToken)
    {
        if (await claims.TakeAsync(tenant.Uid, path, blob.Version, admission.IsFree(tenant), cancellationToken) is not { } claim)
        {
            return Outcome.Done;
        }

        string step = "read";
        try
        {
            if (claim.Replaced && (await blobs.FindAsync(tenant.Id, path, cancellationToken))?.ETag != blob.Version.ETag)
            {
                // What was opened is the older of two versions.
                return Outcome.Overtaken;
            }

            if (claim.Lapses > Failures.MaxLapses)
            {
                throw new UnreadableDocumentException("Several attempts to read the file ended without a result.");
            }

            if (!claim.Counted && await admission.AdmitAsync(tenant, path, blob.Version, cancellationToken) is { } noRoom)
            {
                return await RefuseAsync(claim, noRoom, cancellationToken);
            }

            using IDisposable room = await reading.EnterAsync(blob.Version.Bytes, cancellationToken);
            byte[] content = await DocumentReading.DownloadAsync(blob, cancellationToken);
            byte[] contentHash = SHA256.HashData(content);
            if (claim.Searchable && await KeepSameAsync(tenant, claim, blob.Version.ETag, contentHash, cancellationToken) is { } same)
            {
                return await FinishAsync(claim, same, cancellationToken);
            }

            step = "extract";
            DocumentVersion version = await reading.ReadAsync(
                path.Value, blob.Version.ETag, blob.MediaType, content, contentHash, cancellationToken);
            if (await admission.FindShortageAsync(tenant, claim, version, cancellationToken) is { } shortage)
            {
                return await RefuseAsync(claim, shortage, cancellationToken);
            }

            if (version.Chunks.Count > model.ChunksInOneGo)
            {
                step = "stage";
                await using TenantConnection staging = await dataSources.OpenAsync(tenant, cancellationToken);
                await new StagingStore(staging, claim).StageAsync(version, cancellationToken);
                return await claims.AwaitEmbeddingAsync(claim, cancellationToken) ? Outcome.Staged : Outcome.Overtaken;
            }

            step = "embed";
            GeneratedEmbeddings<Embedding<float>> embeddings = await embedder.GenerateAsync(
                version.Chunks.Select(chunk => EmbeddingText.Of(chunk.Heading, chunk.Content)), cancellationToken: cancellationToken);
            step = "publish";
            await using TenantConnection connection = await dataSources.OpenAsync(tenant, cancellationToken);
            List<ReadOnlyMemory<float>> vectors = embeddings.Select(embedding => embedding.Vector).ToList();
            if (!await new PassageStore(connection, claim).PublishAsync(version, vectors, cancellationToken))
            {
                return Outcome.Overtaken;
            }

            use.CountEmbedded(tenant.Uid, embeddings, () => version.Chunks.Sum(EmbeddingText.EstimateTokens));
            use.CountPublished(tenant.Uid, version.Bytes);
            return await FinishAsync(claim, new PublishedDocument(version.Title, version.MediaType, version.Chunks.Count), cancellationToken);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // The host stops: another may begin at once, and need not wait until the claim lapses.
            await claims.StartAnewAsync(claim, CancellationToken.None);
            throw;
        }
        catch (Exception exception)
        {
            await Failures.RecordAsync(claims, claim, DocumentStates.Queued, step, exception, mayGiveUp: true, logger);
            return Outcome.Done;
        }
    }

    private async Task<Outcome> RemoveAsync(TenantPlacement tenant, DocumentPath path, CancellationToken cancellationToken)
    {
        if (await claims.TakeRemovalAsync(tenant.Uid, path, cancellationToken) is not { } claim)
        {
            return Outcome.Done;
        }

        try
        {
            if (await blobs.FindAsync(tenant.Id, path, cancellationToken) is not null)
            {
                // Somebody has put a new blob there meanwhile.
                await claims.StartAnewAsync(claim, cancellationToken);
                return Outcome.Overtaken;
            }

            await using TenantConnection connection = await dataSources.OpenAsync(tenant, cancellationToken);
            if (!await new PassageStore(connection, claim).RemoveAsync(cancellationToken))
            {
                throw new TimeoutException("The claim lapsed before the document was removed.");
            }

            if (!await claims.RemoveAsync(claim, cancellationToken))
            {
                return Outcome.Overtaken;
            }

            if (!admission.IsFree(tenant))
            {
                await manifest.RequeueQuotaFailuresAsync(tenant.Uid, MostTriedAgain, cancellationToken);
            }

            return Outcome.Done;
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            await claims.StartAnewAsync(claim, CancellationToken.None);
            throw;
        }
        catch (Exception exception)
        {
            await Failures.RecordAsync(claims, claim, DocumentStates.Queued, "remove", exception, mayGiveUp: false, logger);
            return Outcome.Done;
        }
    }

    private async Task<PublishedDocument?> KeepSameAsync(
        TenantPlacement tenant, DocumentClaim claim, string etag, byte[] contentHash, CancellationToken cancellationToken)
    {
        await using TenantConnection connection = await dataSources.OpenAsync(tenant, cancellationToken);
        return await new PassageStore(connection, claim).KeepSameAsync(etag, contentHash, cancellationToken);
    }

    private async Task<Outcome> FinishAsync(DocumentClaim claim, PublishedDocument document, CancellationToken cancellationToken) =>
        await claims.FinishAsync(claim, document.Title, document.MediaType, document.Chunks, cancellationToken)
            ? Outcome.Done
            : Outcome.Overtaken;

    // Deletions, a larger plan or the next month make room. Looking again after a while finds what those have missed.
    private async Task<Outcome> RefuseAsync(DocumentClaim claim, Shortage shortage, CancellationToken cancellationToken)
    {
        DateTimeOffset again = shortage.EndsWithMonth ? tokens.NextMonth : time.GetUtcNow() + RefusalPause;
        return await claims.RefuseAsync(claim, shortage.Sentence, again, cancellationToken) ? Outcome.Done : Outcome.Overtaken;
    }

    private enum Outcome
    {
        Done,
        Staged,
        Overtaken,
    }
}
