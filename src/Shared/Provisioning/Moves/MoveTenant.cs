using System.Text.Json;
using Freehold.Ai;
using Freehold.Postgres;
using Freehold.Provisioning.Moves.BetweenRegions;
using Freehold.Provisioning.Providers;
using Freehold.Provisioning.VectorIndexes;
using Freehold.Sql;
using Freehold.Tenants;
using Npgsql;

namespace Freehold.Provisioning.Moves;

/// <summary>
/// Steps that bring a tenant to the provider and region that its row names as the next: makes another database there, copies while searches
/// and documents go on, refuses writes for the last of it, compares, switches, and erases what was left. A move to where the tenant is
/// calls an unfinished one off. What is done already is not done again, whoever did it. The host of the region that a tenant goes to
/// fetches it; one that cannot go on leaves the operation to those that can.
/// </summary>
public sealed class MoveTenant(
    MoveBook book,
    TenantCatalog tenants,
    TenantDirectory directory,
    TenantDataSources dataSources,
    Regions regions,
    RegionReaches reaches,
    SwitchTenant switchTenant,
    EraseOther eraseOther,
    ApplyTenantState applyState,
    EmbeddingModels models,
    OperationLeases leases,
    VectorIndex index,
    TimeProvider time)
{
    // So few documents are copied within a moment, in which none may be written.
    private const int Few = 50;
    private const int MostRounds = 10;

    private static readonly TimeSpan Turn = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan ShortPause = TimeSpan.FromSeconds(3);
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(30);

    /// <returns>Whether the tenant is where it is to be; false when the move goes on later, or elsewhere, or was overtaken.</returns>
    internal async Task<bool> RunAsync(LeasedOperation operation, Progress progress, CancellationToken cancellationToken)
    {
        progress.Step = "prepare";
        TenantPlacement tenant = await tenants.FindPlacementAsync(operation.Tenant.Uid, cancellationToken) ?? throw new LeaseLostException();
        Destination wanted = await book.FindWantedAsync(tenant.Uid, cancellationToken);
        OtherDatabase? other = await book.FindAsync(tenant.Uid, cancellationToken);
        if (tenant.State != TenantState.Active)
        {
            return await AwaitAsync(operation, progress, "The tenant is not active. Resume it.", Pause, cancellationToken);
        }

        if (other is not null && !IsOnTheWay(other, wanted))
        {
            string able = EraseOther.RegionOf(tenant, other);
            if (able != regions.Here)
            {
                return await LeaveToAsync(operation, able, cancellationToken);
            }

            if (!await EraseAsync(operation, tenant, other, progress, cancellationToken))
            {
                return false;
            }

            if (other.IsFormer)
            {
                await ApplyTermsAsync(tenant, progress, cancellationToken);
            }

            other = null;
        }

        if (tenant.Region == wanted.Region && tenant.Provider == wanted.Provider)
        {
            return await book.FinishAsync(operation, "moved", cancellationToken);
        }

        if (wanted.Region != regions.Here)
        {
            return await LeaveToAsync(operation, wanted.Region, cancellationToken);
        }

        // Whoever searches there has to embed as whoever took the documents in.
        models.Require(tenant.EmbeddingModel);
        RegionReach here = reaches.Of(regions.Here);
        RegionReach there = reaches.Of(tenant.Region);
        other ??= await book.AddAsync(operation, wanted.Provider ?? here.Providers.ForNew(tenant.Plan).Name, cancellationToken);
        MoveWork work = new(operation, progress, tenant, other, time.GetTimestamp())
        {
            Content = tenant.Region == regions.Here ? null : new ContentMove(tenant, there, here),
        };
        try
        {
            return await MoveAsync(work, there.Providers.Of(tenant.Provider), here.Providers.Of(other.Provider), cancellationToken);
        }
        catch (PostgresException exception)
            when (exception.SqlState is PostgresErrorCodes.LockNotAvailable or PostgresErrorCodes.DeadlockDetected)
        {
            return await AwaitAsync(operation, progress, "The tenant's database is busy.", ShortPause, cancellationToken);
        }
    }

    private static bool IsOnTheWay(OtherDatabase other, Destination wanted) =>
        !other.IsFormer && other.Region == wanted.Region && (wanted.Provider ?? other.Provider) == other.Provider;

    private async Task<bool> MoveAsync(MoveWork work, IDatabaseProvider from, IDatabaseProvider to, CancellationToken cancellationToken)
    {
        (LeasedOperation operation, Progress progress, TenantPlacement tenant, OtherDatabase other, _) = work;
        progress.Step = "database";
        DatabaseAddress address = await to.CreateDatabaseAsync(other.Database, new DatabaseTerms(tenant.Uid, tenant.Plan), cancellationToken);
        await to.OpenDatabaseAsync(other.Database, cancellationToken);
        if (await book.FindAsync(tenant.Uid, cancellationToken) is null)
        {
            // The tenant has been erased meanwhile: nothing that was made here may stay.
            await to.RemoveAsync(other.Database.Name, other.Database.Role, cancellationToken);
            throw new LeaseLostException();
        }

        int schemaVersion = await to.MigrateAsync(other.Database.Name, cancellationToken);
        await from.MigrateAsync(tenant.Database!, cancellationToken);

        progress.Step = "copy";
        await using NpgsqlConnection source = await from.OpenAsOwnerAsync(tenant.Database!, cancellationToken);
        await using NpgsqlConnection target = await to.OpenAsOwnerAsync(other.Database.Name, cancellationToken);
        DatabaseCopy copy = await DatabaseCopy.BeginAsync(source, target, cancellationToken);
        if (!await CopyMostAsync(work, copy, cancellationToken) || !await CopyMostBlobsAsync(work, cancellationToken))
        {
            progress.GoesOn = true;
            await leases.ReleaseAsync(operation, cancellationToken);
            return false;
        }

        if (await HasIndexAsync(source, cancellationToken))
        {
            progress.Step = "index";
            TenantPlacement copied = tenant with { Provider = other.Provider, Database = other.Database.Name };
            if (!await index.BuildAsync(copied, VectorIndex.Searched, cancellationToken))
            {
                return await AwaitAsync(operation, progress, "The index is being built.", ShortPause, cancellationToken);
            }
        }

        if (!await switchTenant.RunAsync(work, copy, source, new CopiedDatabase(address, schemaVersion), cancellationToken))
        {
            return await AwaitAsync(operation, progress, "Something else is being done to the tenant's database.", ShortPause, cancellationToken);
        }

        directory.Forget(tenant.Uid);
        dataSources.Close(tenant.Uid);
        TenantPlacement moved = await tenants.FindPlacementAsync(tenant.Uid, cancellationToken) ?? throw new LeaseLostException();
        await ApplyTermsAsync(moved, progress, cancellationToken);
        OtherDatabase former = await book.FindAsync(tenant.Uid, cancellationToken) ?? throw new LeaseLostException();
        return await EraseAsync(operation, moved, former, progress, cancellationToken)
            && await book.FinishAsync(operation, "moved", cancellationToken);
    }

    // The plan may have changed since the new database was made, and then only the one before was told.
    private Task ApplyTermsAsync(TenantPlacement tenant, Progress progress, CancellationToken cancellationToken)
    {
        progress.Step = "terms";
        return applyState.ApplyTermsAsync(tenant.Uid, applied: null, cancellationToken);
    }

    /// <summary>Copies until so little changes that the rest takes a moment.</summary>
    /// <returns>False when the turn is over.</returns>
    private async Task<bool> CopyMostAsync(MoveWork work, DatabaseCopy copy, CancellationToken cancellationToken)
    {
        for (int round = 0, changed = int.MaxValue; changed > Few && round < MostRounds; round++)
        {
            if (await copy.CopyDocumentsAsync(progress => NoteAsync(work, progress), cancellationToken) is not { } copied)
            {
                return false;
            }

            changed = copied;
        }

        return true;
    }

    private async Task<bool> NoteAsync(MoveWork work, CopyProgress progress)
    {
        string details = JsonSerializer.Serialize(
            new MoveProgress(work.Tenant.Provider, work.Other.Provider, progress.Copied, progress.Total)
            {
                FromRegion = work.Content is null ? null : work.Tenant.Region,
                ToRegion = work.Content is null ? null : work.Other.Region,
            },
            MoveJson.Default.MoveProgress);
        return await NoteAsync(work, details);
    }

    /// <summary>Copies blobs until so few change that the rest takes a moment.</summary>
    /// <returns>False when the turn is over.</returns>
    private async Task<bool> CopyMostBlobsAsync(MoveWork work, CancellationToken cancellationToken)
    {
        if (work.Content is null)
        {
            return true;
        }

        work.Progress.Step = "blobs";
        for (int round = 0, changed = int.MaxValue; changed > Few && round < MostRounds; round++)
        {
            if (await work.Content.Blobs.RunAsync(progress => NoteBlobsAsync(work, progress), cancellationToken) is not { } copied)
            {
                return false;
            }

            changed = copied;
        }

        return true;
    }

    private Task<bool> NoteBlobsAsync(MoveWork work, CopyProgress progress) => NoteAsync(
        work, JsonSerializer.Serialize(new BlobProgress(progress.Copied, progress.Total), MoveJson.Default.BlobProgress));

    /// <returns>Whether the turn goes on.</returns>
    private async Task<bool> NoteAsync(MoveWork work, string details)
    {
        if (!await leases.NoteProgressAsync(work.Operation, work.Progress.Step, details, CancellationToken.None))
        {
            throw new LeaseLostException();
        }

        return time.GetElapsedTime(work.Started) < Turn;
    }

    /// <returns>Whether it is erased; false when something may still come to it, and it is looked at again later.</returns>
    private async Task<bool> EraseAsync(
        LeasedOperation operation, TenantPlacement tenant, OtherDatabase other, Progress progress, CancellationToken cancellationToken)
    {
        if (await eraseOther.RunAsync(operation, tenant, other, progress, fetchesLate: true, cancellationToken) is not { } until)
        {
            return true;
        }

        TimeSpan left = until - time.GetUtcNow();
        return await AwaitAsync(
            operation,
            progress,
            $"Until {until.UtcDateTime:u} uploads may still come to the region that was left. They are fetched; then what is there is erased.",
            left < ShortPause ? ShortPause : left < Pause ? left : Pause,
            cancellationToken);
    }

    private async Task<bool> LeaveToAsync(LeasedOperation operation, string region, CancellationToken cancellationToken)
    {
        await leases.HandOverAsync(operation, region, "prepare", cancellationToken);
        return false;
    }

    private static async Task<bool> HasIndexAsync(NpgsqlConnection source, CancellationToken cancellationToken)
    {
        await using NpgsqlCommand command = new NpgsqlCommand(
                "select exists (select from pg_index where indexrelid = to_regclass('public.' || $1) and indisvalid)", source)
            .With(VectorIndex.NameOf(VectorIndex.Searched));
        return (bool)(await command.ExecuteScalarAsync(cancellationToken))!;
    }

    private async Task<bool> AwaitAsync(
        LeasedOperation operation, Progress progress, string reason, TimeSpan pause, CancellationToken cancellationToken)
    {
        await leases.AwaitAsync(operation, progress.Step, reason, pause, cancellationToken);
        return false;
    }
}
