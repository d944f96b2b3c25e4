using Freehold.Ingestion.Archives;
using Freehold.Ingestion.Readers;
using Freehold.Postgres;
using Freehold.Storage;
using Freehold.Tenants;
using Freehold.Usage;
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
    TakeInVersion takeInVersion,
    TenantWaits waits,
    UnpackArchive unpackArchive,
    EmbeddedTokens tokens,
    TimeProvider time,
    ILogger<ChunkDocument> logger)
{
    // Each round means that somebody else changed the blob meanwhile. Who changes it this often sends another event.
    private const int MaxRounds = 5;

    private static readonly TimeSpan RefusalPause = TimeSpan.FromHours(6);

    // How long a large document waits before it asks for room again.
    private static readonly TimeSpan RoomPause = TimeSpan.FromSeconds(1);

    // Documents that are tried again when one is removed: more than take its place, as a rule, and never all there are.
    private const int MostTriedAgain = 20;

    // How long a document waits for storage that is away, or lets nobody in.
    private static readonly TimeSpan StoragePause = TimeSpan.FromSeconds(15);

    /// <summary>Looks at one path.</summary>
    /// <returns>Whether the document now waits for embeddings, to be woken by a message.</returns>
    public async Task<bool> RunAsync(TenantPlacement tenant, DocumentPath path, CancellationToken cancellationToken)
    {
        try
        {
            return await LookAsync(tenant, path, cancellationToken);
        }
        catch (Exception exception) when (Failures.IsOfStorage(exception, cancellationToken))
        {
            // There is no claim yet, and the message would be delivered in vain until its document is written off.
            if (!await manifest.PutOffAsync(tenant.Uid, path, StoragePause, CancellationToken.None))
            {
                throw;
            }

            Log.StorageAway(logger, tenant.Uid, exception);
            return false;
        }
    }

    private async Task<bool> LookAsync(TenantPlacement tenant, DocumentPath path, CancellationToken cancellationToken)
    {
        if (waits.Find(tenant) is { } pause)
        {
            await PostponeAsync(tenant, path, pause, cancellationToken);
            return false;
        }

        for (int round = 0; round < MaxRounds; round++)
        {
            await using OpenBlob? blob = await blobs.OpenAsync(tenant.Id, path, cancellationToken);
            Outcome outcome = blob is null
                ? await RemoveAsync(tenant, path, cancellationToken)
                : await TakeInWithRoomAsync(tenant, path, blob, cancellationToken);
            if (outcome != Outcome.Overtaken)
            {
                return outcome == Outcome.Staged;
            }
        }

        return false;
    }

    private async Task PostponeAsync(TenantPlacement tenant, DocumentPath path, TimeSpan pause, CancellationToken cancellationToken)
    {
        if (await blobs.FindAsync(tenant.Id, path, cancellationToken) is { } version)
        {
            await manifest.PostponeAsync(tenant.Uid, path, version, pause, cancellationToken);
        }
        else
        {
            await manifest.PostponeRemovalAsync(tenant.Uid, path, pause, cancellationToken);
        }
    }

    // Before there is a claim, which would lapse, and not in a handler's place, of which there are few.
    private async Task<Outcome> TakeInWithRoomAsync(TenantPlacement tenant, DocumentPath path, OpenBlob blob, CancellationToken cancellationToken)
    {
        using IDisposable? room = await reading.TryEnterAsync(tenant.Uid, path.Value, blob, cancellationToken);
        if (room is null)
        {
            await manifest.PostponeAsync(tenant.Uid, path, blob.Version, RoomPause, cancellationToken);
            return Outcome.Done;
        }

        return await TakeInAsync(tenant, path, blob, cancellationToken);
    }

    private async Task<Outcome> TakeInAsync(TenantPlacement tenant, DocumentPath path, OpenBlob blob, CancellationToken cancellationToken)
    {
        if (await claims.TakeAsync(tenant.Uid, path, blob.Version, admission.IsFree(tenant), cancellationToken) is not { } claim)
        {
            return Outcome.Done;
        }

        IngestionProgress progress = new();
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

            TakenIn taken = await TakeInAsync(tenant, path, claim, blob, progress, cancellationToken);
            if (taken.Shortage is { } shortage)
            {
                return await RefuseAsync(claim, shortage, cancellationToken);
            }

            if (taken.Published is { } published)
            {
                return await claims.FinishAsync(claim, published, cancellationToken) ? Outcome.Done : Outcome.Overtaken;
            }

            if (taken.Staged)
            {
                return await claims.AwaitEmbeddingAsync(claim, cancellationToken) ? Outcome.Staged : Outcome.Overtaken;
            }

            if (taken.LookAgainIn is { } pause)
            {
                return await claims.PauseAsync(claim, pause, cancellationToken) ? Outcome.Done : Outcome.Overtaken;
            }

            // Where the claim is still the newest, this attempt went by what is no longer so.
            await claims.StartAnewAsync(claim, cancellationToken);
            return Outcome.Overtaken;
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // The host stops: another may begin at once, and need not wait until the claim lapses.
            await claims.StartAnewAsync(claim, CancellationToken.None);
            throw;
        }
        catch (Exception exception)
        {
            await FailAsync(tenant, claim, progress.Step, exception);
            return Outcome.Done;
        }
    }

    // An older version that is staged would wait for ever when this one has failed for good.
    private async Task FailAsync(TenantPlacement tenant, DocumentClaim claim, string step, Exception exception)
    {
        if (Failures.IsFinal(exception, claim.Attempts))
        {
            try
            {
                await using TenantConnection connection = await dataSources.OpenAsync(tenant, WakeCause.Documents, CancellationToken.None);
                await new PassageStore(connection, claim, tenant.EmbeddingModel).RemoveStagedAsync(CancellationToken.None);
            }
            catch (Exception away)
            {
                exception = away;
            }
        }

        await Failures.RecordAsync(claims, claim, DocumentStates.Queued, step, exception, mayGiveUp: true, logger);
    }

    private async Task<TakenIn> TakeInAsync(
        TenantPlacement tenant, DocumentPath path, DocumentClaim claim, OpenBlob blob, IngestionProgress progress, CancellationToken cancellationToken)
    {
        if (Archive.IsAt(path))
        {
            progress.Step = "unpack";
            reading.CheckSize(blob.Version.Bytes);
            if (await unpackArchive.RunAsync(tenant, path, claim, blob.Version, cancellationToken) is { } unpacked)
            {
                return unpacked;
            }
        }

        return await takeInVersion.RunAsync(tenant, claim, blob, progress, cancellationToken);
    }

    private async Task<Outcome> RemoveAsync(TenantPlacement tenant, DocumentPath path, CancellationToken cancellationToken)
    {
        if (Archive.IsAt(path))
        {
            await unpackArchive.RemoveAsync(tenant, path, cancellationToken);
        }

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

            await using TenantConnection connection = await dataSources.OpenAsync(tenant, WakeCause.Documents, cancellationToken);
            if (!await new PassageStore(connection, claim, tenant.EmbeddingModel).RemoveAsync(cancellationToken))
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
