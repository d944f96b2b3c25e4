using Freehold.Ai;
using Freehold.Postgres;
using Freehold.Storage;
using Freehold.Tenants;
using Microsoft.Extensions.Logging;

namespace Freehold.Ingestion;

/// <summary>
/// Embeds chunks of a staged document, a batch at a time, and publishes the document with the last of them. Works for a while at
/// most, so that one long document does not keep others waiting, and then asks to be woken again.
/// </summary>
public sealed class EmbedChunks(
    TenantDataSources dataSources,
    Manifest manifest,
    Claims claims,
    EmbeddingModels models,
    TenantWaits waits,
    IngestionUse use,
    TimeProvider time,
    ILogger<EmbedChunks> logger)
{
    private static readonly TimeSpan Turn = TimeSpan.FromSeconds(20);

    /// <summary>Takes a turn at a document.</summary>
    /// <returns>Whether more remains, to be woken by a message.</returns>
    public async Task<bool> RunAsync(TenantPlacement tenant, DocumentPath path, CancellationToken cancellationToken)
    {
        if (waits.Find(tenant) is { } pause)
        {
            await manifest.PostponeEmbeddingAsync(tenant.Uid, path, pause, cancellationToken);
            return false;
        }

        if (await claims.TakeEmbeddingAsync(tenant.Uid, path, cancellationToken) is not { } claim)
        {
            return false;
        }

        string step = "embed";
        try
        {
            EmbeddingClient embedder = models.Require(tenant.EmbeddingModel);
            ClaimKeeper keeper = new(claims, claim, time);
            long started = time.GetTimestamp();
            long? last = null;
            while ((last = await EmbedBatchAsync(tenant, claim, embedder, last, cancellationToken)) is not null)
            {
                await keeper.KeepAsync(cancellationToken);
                if (time.GetElapsedTime(started) > Turn)
                {
                    return await claims.AwaitEmbeddingAsync(claim, cancellationToken);
                }
            }

            step = "publish";
            await using TenantConnection connection = await dataSources.OpenAsync(tenant, WakeCause.Documents, cancellationToken);
            StagingStore staged = new(connection, claim, tenant.EmbeddingModel);
            PublishedDocument? published = await staged.PublishAsync(keeper, cancellationToken);
            if (published is not null)
            {
                use.CountPublished(tenant.Uid, claim.Bytes);
            }

            published ??= await staged.FindPublishedAsync(cancellationToken);
            if (published is not null)
            {
                await claims.FinishAsync(claim, published, cancellationToken);
            }
            else
            {
                // Nothing is staged under this claim any more: the path has to be looked at from the beginning.
                await claims.StartAnewAsync(claim, cancellationToken);
            }

            return false;
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // The host stops: another may go on at once.
            await claims.AwaitEmbeddingAsync(claim, CancellationToken.None);
            throw;
        }
        catch (ClaimLostException)
        {
            return false;
        }
        catch (Exception exception)
        {
            await Failures.RecordAsync(claims, claim, DocumentStates.Embedding, step, exception, mayGiveUp: true, logger);
            return false;
        }
    }

    // The last chunk that was embedded; null when there was none left.
    private async Task<long?> EmbedBatchAsync(
        TenantPlacement tenant, DocumentClaim claim, EmbeddingClient embedder, long? after, CancellationToken cancellationToken)
    {
        IReadOnlyList<StagedChunk> chunks;
        await using (TenantConnection reading = await dataSources.OpenAsync(tenant, WakeCause.Documents, cancellationToken))
        {
            chunks = await new StagingStore(reading, claim, embedder.Model.Id).NextAsync(after, embedder.Model.ChunksInOneGo, cancellationToken);
        }

        if (chunks.Count == 0)
        {
            return null;
        }

        // No connection is held while a remote model thinks.
        EmbeddedTexts embedded = await embedder.EmbedAsync(
            tenant.Uid, [.. chunks.Select(chunk => EmbeddingText.Of(chunk.Heading, chunk.Content))], EmbeddingUse.Document, cancellationToken);
        await using TenantConnection writing = await dataSources.OpenAsync(tenant, WakeCause.Documents, cancellationToken);
        await new StagingStore(writing, claim, embedder.Model.Id).StoreAsync(chunks, embedded.Vectors, cancellationToken);
        use.CountEmbedded(tenant.Uid, chunks.Count, embedded.Tokens);
        return chunks[^1].Id;
    }
}
