using System.Text.Json;
using Freehold.Ai;
using Freehold.Postgres;
using Freehold.Provisioning.VectorIndexes;
using Freehold.Sql;
using Freehold.Tenants;
using Freehold.Usage;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Npgsql;

namespace Freehold.Provisioning.ModelChange;

/// <summary>
/// Steps that bring a tenant's vectors to the model that its row names as the next: makes a table beside the one that is searched, fills
/// it in turns, and switches when there is a vector for each passage. What is done already is not done again, whoever did it.
/// </summary>
public sealed class ChangeModel(
    CatalogDatabase catalog,
    TenantCatalog tenants,
    TenantDirectory directory,
    TenantDataSources dataSources,
    OperationLeases leases,
    EmbeddingModels models,
    NextEmbeddings next,
    VectorIndex index,
    IOptions<ApproximationOptions> approximation,
    Meter meter,
    EmbeddedTokens tokens,
    TimeProvider time,
    ILogger<ChangeModel> logger)
{
    private const int MostChunks = 384;

    // After so many switches that came too early, the tenant's documents are held for a moment.
    private const int PatientSwitches = 3;

    private static readonly TimeSpan Turn = TimeSpan.FromSeconds(20);
    private static readonly TimeSpan Hold = TimeSpan.FromSeconds(15);
    private static readonly TimeSpan ShortPause = TimeSpan.FromSeconds(3);
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan LongestPause = TimeSpan.FromMinutes(5);

    private sealed record Work(LeasedOperation Operation, Progress Progress, TenantPlacement Tenant, EmbeddingClient Embedder, long Total)
    {
        public long Started { get; init; }

        public long Done { get; set; }

        public EmbeddingModel Model => Embedder.Model;
    }

    /// <returns>Whether the change is made; false when it goes on later, or was overtaken.</returns>
    internal async Task<bool> RunAsync(LeasedOperation operation, Progress progress, CancellationToken cancellationToken)
    {
        progress.Step = "prepare";
        (TenantPlacement tenant, string wanted) = await FindAsync(operation, cancellationToken);
        if (tenant.State != TenantState.Active)
        {
            return await AwaitAsync(operation, progress, "The tenant is not active. Resume it.", Pause, cancellationToken);
        }

        if (dataSources.IsBehind(tenant))
        {
            return await AwaitAsync(operation, progress, "The tenant's database is being upgraded.", ShortPause, cancellationToken);
        }

        if (models.Find(wanted) is not { } embedder)
        {
            Log.ModelMissing(logger, tenant.Uid, wanted);
            return await AwaitAsync(operation, progress, $"The model '{wanted}' is not configured. Put it back.", LongestPause, cancellationToken);
        }

        try
        {
            NextState state = await next.PrepareAsync(tenant, embedder.Model, cancellationToken);
            if (state.Held != wanted)
            {
                await FollowAsync(tenant, state.Held, cancellationToken);
                await EmbedAsync(new(operation, progress, tenant, embedder, state.Total) { Started = time.GetTimestamp(), Done = state.Done }, state, cancellationToken);
            }

            if (progress.GoesOn)
            {
                await leases.ReleaseAsync(operation, cancellationToken);
                return false;
            }

            progress.Step = "catalog";
            return await FinishAsync(operation, wanted, cancellationToken);
        }
        catch (PostgresException exception) when (exception.SqlState == PostgresErrorCodes.LockNotAvailable)
        {
            return await AwaitAsync(operation, progress, "The tenant's database is busy.", ShortPause, cancellationToken);
        }
        catch (BusyException exception)
        {
            return await AwaitAsync(operation, progress, exception.Message, ShortPause, cancellationToken);
        }
        catch (ModelException exception) when (exception.Kind != ModelFailure.Permanent)
        {
            TimeSpan pause = exception.RetryAfter ?? Pause;
            return await AwaitAsync(
                operation, progress, exception.Explanation, pause < LongestPause ? pause : LongestPause, cancellationToken);
        }
    }

    private async Task EmbedAsync(Work work, NextState state, CancellationToken cancellationToken)
    {
        // A document that comes has a higher number than those before it, as a rule. What the rule misses is found at the end.
        work.Progress.Step = "embed";
        await NoteAsync(work, cancellationToken);
        for (long after = state.Last; !IsOver(work);)
        {
            IReadOnlyList<MissingChunk> chunks = await next.NextAsync(work.Tenant, after, BatchOf(work.Model), cancellationToken);
            if (chunks.Count == 0)
            {
                await next.AnalyzeAsync(work.Tenant, cancellationToken);
                await CompleteAsync(work, cancellationToken);
                return;
            }

            await EmbedAsync(work, chunks, cancellationToken);
            after = chunks[^1].Id;
        }
    }

    private async Task CompleteAsync(Work work, CancellationToken cancellationToken)
    {
        for (int early = 0; !IsOver(work);)
        {
            work.Progress.Step = "embed";
            IReadOnlyList<MissingChunk> chunks = await next.MissingAsync(work.Tenant, BatchOf(work.Model), cancellationToken);
            if (chunks.Count > 0)
            {
                await EmbedAsync(work, chunks, cancellationToken);
                continue;
            }

            await IndexAsync(work, cancellationToken);
            work.Progress.Step = "switch";
            await NoteAsync(work, cancellationToken);
            switch (await next.SwitchAsync(work.Tenant, work.Model, cancellationToken))
            {
                case SwitchOutcome.Switched:
                    return;
                case SwitchOutcome.Busy:
                    throw new BusyException("The tenant's database is busy.");
                default:
                    if (++early >= PatientSwitches)
                    {
                        await next.HoldAsync(work.Tenant, work.Model.Id, Hold, cancellationToken);
                    }

                    break;
            }
        }
    }

    /// <summary>A large tenant's searches must not become slow with the switch.</summary>
    private async Task IndexAsync(Work work, CancellationToken cancellationToken)
    {
        if (work.Total > approximation.Value.ApproximateAbove)
        {
            work.Progress.Step = "index";
            await NoteAsync(work, cancellationToken);
            if (!await index.BuildAsync(work.Tenant, VectorIndex.Next, cancellationToken))
            {
                throw new BusyException("The index is being built.");
            }
        }
    }

    private async Task EmbedAsync(Work work, IReadOnlyList<MissingChunk> chunks, CancellationToken cancellationToken)
    {
        EmbeddedTexts embedded = await work.Embedder.EmbedAsync(
            work.Tenant.Uid,
            [.. chunks.Select(chunk => EmbeddingText.Of(chunk.Heading, chunk.Content))],
            EmbeddingUse.Document,
            cancellationToken);
        await next.StoreAsync(work.Tenant, work.Model.Id, chunks, embedded, cancellationToken);
        meter.Count(work.Tenant.Uid, Metric.ChunksEmbedded, chunks.Count);
        tokens.Count(work.Tenant.Uid, embedded.Tokens);
        work.Done += chunks.Count;
        await NoteAsync(work, cancellationToken);
    }

    private static int BatchOf(EmbeddingModel model) => Math.Min(model.ChunksInOneGo, MostChunks);

    private bool IsOver(Work work) => work.Progress.GoesOn = time.GetElapsedTime(work.Started) > Turn;

    private async Task NoteAsync(Work work, CancellationToken cancellationToken)
    {
        string details = JsonSerializer.Serialize(
            new ModelChangeProgress(work.Model.Id, Math.Min(work.Done, work.Total), work.Total), ModelChangeJson.Default.ModelChangeProgress);
        if (!await leases.NoteProgressAsync(work.Operation, work.Progress.Step, details, cancellationToken))
        {
            throw new LeaseLostException();
        }
    }

    private async Task<bool> AwaitAsync(
        LeasedOperation operation, Progress progress, string reason, TimeSpan pause, CancellationToken cancellationToken)
    {
        await leases.AwaitAsync(operation, progress.Step, reason, pause, cancellationToken);
        return false;
    }

    private async Task<(TenantPlacement Tenant, string Wanted)> FindAsync(LeasedOperation operation, CancellationToken cancellationToken)
    {
        TenantPlacement tenant = await tenants.FindPlacementAsync(operation.Tenant.Uid, cancellationToken) ?? throw new LeaseLostException();
        await using NpgsqlCommand command = catalog
            .Command("select coalesce(next_embedding_model, embedding_model) from catalog.tenants where uid = $1").With(tenant.Uid);
        return (tenant, (string)(await command.ExecuteScalarAsync(cancellationToken))!);
    }

    /// <summary>Puts the catalog right where an operation was overtaken between its switch and the catalog.</summary>
    private async Task FollowAsync(TenantPlacement tenant, string held, CancellationToken cancellationToken)
    {
        if (tenant.EmbeddingModel != held)
        {
            await using NpgsqlCommand command = catalog
                .Command("update catalog.tenants set embedding_model = $2 where uid = $1").With(tenant.Uid).With(held);
            await command.ExecuteNonQueryAsync(cancellationToken);
            directory.Forget(tenant.Uid);
        }
    }

    /// <summary>
    /// The catalog follows what the database holds. Whoever was killed before this comes here again; one that was paused in this very
    /// moment is done all the same. What was known of the former model's index is forgotten: a large tenant's next is then looked at anew.
    /// </summary>
    private async Task<bool> FinishAsync(LeasedOperation operation, string model, CancellationToken cancellationToken)
    {
        await using NpgsqlCommand command = catalog.Command(
                """
                with finished as (
                    update catalog.operations
                    set state = 'done', step = 'switched', lease = null, next_attempt_at = null, failure = null, finished_at = now(),
                        details = details || jsonb_build_object('model', $3::text)
                    where id = $1 and (lease = $2 or (lease is null and step = 'paused' and state = 'queued'))
                    returning tenant_uid),
                forgotten as (delete from catalog.vector_indexes v using finished f where v.tenant_uid = f.tenant_uid)
                update catalog.tenants t set embedding_model = $3, next_embedding_model = null
                from finished f where t.uid = f.tenant_uid
                """)
            .With(operation.Id).With(operation.Lease).With(model);
        bool finished = await command.ExecuteNonQueryAsync(cancellationToken) == 1;
        directory.Forget(operation.Tenant.Uid);
        return finished;
    }

    private sealed class BusyException(string message) : Exception(message);
}
