using System.Security.Cryptography;
using Freehold.Ai;
using Freehold.Ingestion.Chunking;
using Freehold.Postgres;
using Freehold.Storage;
using Freehold.Tenants;
using Freehold.Usage;

namespace Freehold.Ingestion;

/// <summary>What became of a version: published, staged, refused for want of room, waiting for others, or overtaken.</summary>
internal readonly record struct TakenIn(
    PublishedDocument? Published = null, bool Staged = false, Shortage? Shortage = null, TimeSpan? LookAgainIn = null)
{
    /// <summary>The claim has lapsed, or another host has changed what this one went by.</summary>
    public static TakenIn Overtaken { get; }
}

/// <summary>
/// Reads one version of a document from its open blob into its tenant's database. A short one is written whole, in one round trip; a
/// long one slice by slice, in one transaction, or staged where the model is far away. Chunks that the present version has as well
/// keep their embeddings.
/// </summary>
public sealed class TakeInVersion(
    TenantDataSources dataSources,
    Claims claims,
    Admission admission,
    DocumentReading reading,
    EmbeddingModels models,
    IngestionUse use,
    TimeProvider time)
{
    /// <summary>Takes a version in.</summary>
    /// <param name="tenant">Whose.</param>
    /// <param name="claim">The right to do so.</param>
    /// <param name="blob">Its bytes; read once.</param>
    /// <param name="progress">Told what is being done.</param>
    /// <param name="cancellationToken">Nothing is taken in.</param>
    internal async Task<TakenIn> RunAsync(
        TenantPlacement tenant, DocumentClaim claim, OpenBlob blob, IngestionProgress progress, CancellationToken cancellationToken)
    {
        EmbeddingClient embedder = models.Require(tenant.EmbeddingModel);
        reading.CheckSize(blob.Version.Bytes);
        byte[]? small = blob.Version.Bytes <= DocumentReading.SmallBytes ? await DocumentReading.DownloadAsync(blob, cancellationToken) : null;
        byte[]? contentHash = small is null ? null : VersionHash.Of(SHA256.HashData(small), blob, reading.Manner);
        KnownVectors known = KnownVectors.None;
        if (claim.Searchable)
        {
            await using TenantConnection connection = await dataSources.OpenAsync(tenant, WakeCause.Documents, cancellationToken);
            (PublishedDocument? same, known) = await new PassageStore(connection, claim, tenant.EmbeddingModel)
                .KeepSameAsync(blob.Version.ETag, contentHash, cancellationToken);
            if (same is not null)
            {
                return new TakenIn(same);
            }
        }

        progress.Step = "extract";
        using SourceStream source = new(small is null ? blob.Content : new MemoryStream(small), blob.Version.Bytes, time);
        using DocumentReading.ReadingDocument document = reading.Begin(
            new DocumentSource(tenant.Uid, claim.Path, blob.MediaType, source), embedder.Model, cancellationToken);
        string Metadata() => DocumentMetadata.Merge(blob.Metadata, document.Document.Metadata);
        Attempt attempt = new(tenant, claim, new ClaimKeeper(claims, claim, time), embedder, document, known, Metadata, progress);
        try
        {
            return await WriteAsync(
                attempt,
                () => new DocumentHead(
                    blob.Version.ETag,
                    blob.Version.Bytes,
                    contentHash ?? VersionHash.Of(source.Finish(), blob, reading.Manner),
                    document.Document.Title,
                    document.Document.MediaType,
                    Metadata()),
                cancellationToken);
        }
        catch (ShortageException refusal)
        {
            return new TakenIn(Shortage: refusal.Shortage);
        }
        catch (ClaimLostException)
        {
            return TakenIn.Overtaken;
        }
    }

    private async Task<TakenIn> WriteAsync(Attempt attempt, Func<DocumentHead> describe, CancellationToken cancellationToken)
    {
        DocumentSlice first = await NextAsync(attempt, cancellationToken);
        EmbeddingModel model = attempt.Embedder.Model;
        if (model.ChunksInOneGo != int.MaxValue
            && (!first.IsLast || attempt.Known.Missing(first.Chunks).Count > model.ChunksInOneGo))
        {
            attempt.Progress.Step = "stage";
            await using TenantConnection staging = await dataSources.OpenAsync(attempt.Tenant, WakeCause.Documents, cancellationToken);
            await new StagingStore(staging, attempt.Claim, model.Id).StageAsync(
                describe, first, () => NextAsync(attempt, cancellationToken), attempt.Known, cancellationToken);
            return new TakenIn(Staged: true);
        }

        attempt.Progress.Step = "embed";
        EmbeddedSlice embedded = await EmbedAsync(attempt, first, cancellationToken);
        attempt.Progress.Step = "publish";
        await using TenantConnection connection = await dataSources.OpenAsync(attempt.Tenant, WakeCause.Documents, cancellationToken);
        PublishedDocument? published = await new PassageStore(connection, attempt.Claim, model.Id).PublishAsync(
            describe,
            embedded,
            async () => await EmbedAsync(attempt, await NextAsync(attempt, cancellationToken), cancellationToken),
            attempt.Known,
            cancellationToken);
        if (published is null)
        {
            return TakenIn.Overtaken;
        }

        use.CountEmbedded(attempt.Tenant.Uid, attempt.Embedded, attempt.Tokens);
        use.CountPublished(attempt.Tenant.Uid, attempt.Claim.Bytes);
        return new TakenIn(published);
    }

    private async Task<DocumentSlice> NextAsync(Attempt attempt, CancellationToken cancellationToken)
    {
        DocumentSlice slice = await attempt.Document.NextAsync();
        int before = attempt.Chunks;
        attempt.Chunks += slice.Chunks.Count;
        attempt.NewTokens += attempt.Known.Missing(slice.Chunks).Sum(chunk => (long)chunk.Tokens);
        if (await admission.FindShortageAsync(
            attempt.Tenant, attempt.Claim, before, attempt.Chunks, attempt.NewTokens, cancellationToken) is { } shortage)
        {
            throw new ShortageException(shortage);
        }

        await attempt.Keeper.KeepAsync(cancellationToken);
        attempt.Language ??= new DocumentLanguage(attempt.Metadata(), slice.Chunks);
        return slice with { Language = attempt.Language.Name };
    }

    private static async Task<EmbeddedSlice> EmbedAsync(Attempt attempt, DocumentSlice slice, CancellationToken cancellationToken)
    {
        IReadOnlyList<Chunk> missing = attempt.Known.Missing(slice.Chunks);
        if (missing.Count == 0)
        {
            return new EmbeddedSlice(slice, missing, []);
        }

        EmbeddedTexts embedded = await attempt.Embedder.EmbedAsync(
            attempt.Tenant.Uid, [.. missing.Select(chunk => EmbeddingText.Of(chunk.Heading, chunk.Content))], EmbeddingUse.Document, cancellationToken);
        attempt.Embedded += missing.Count;
        attempt.Tokens += embedded.Tokens;
        return new EmbeddedSlice(slice, missing, embedded.Vectors);
    }

    /// <summary>One version on its way, and what it has come to.</summary>
    private sealed record Attempt(
        TenantPlacement Tenant,
        DocumentClaim Claim,
        ClaimKeeper Keeper,
        EmbeddingClient Embedder,
        DocumentReading.ReadingDocument Document,
        KnownVectors Known,
        Func<string> Metadata,
        IngestionProgress Progress)
    {
        /// <summary>Known with the first slice.</summary>
        public DocumentLanguage? Language { get; set; }

        public int Chunks { get; set; }

        public int Embedded { get; set; }

        public long Tokens { get; set; }

        /// <summary>Tokens that are to be embedded, of what has been read so far.</summary>
        public long NewTokens { get; set; }
    }

    private sealed class ShortageException(Shortage shortage) : Exception
    {
        public Shortage Shortage { get; } = shortage;
    }
}

/// <summary>What is being done with a document, for the failure's reason.</summary>
internal sealed class IngestionProgress
{
    public string Step { get; set; } = "read";
}
