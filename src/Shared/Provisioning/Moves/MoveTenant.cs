using System.Text.Json;
using Freehold.Postgres;
using Freehold.Provisioning.Providers;
using Freehold.Provisioning.VectorIndexes;
using Freehold.Sql;
using Freehold.Tenants;
using Npgsql;

namespace Freehold.Provisioning.Moves;

/// <summary>
/// Steps that bring a tenant's database to the provider that its row names as the next: makes another database there, copies while searches
/// and documents go on, refuses writes for the last of it, compares, switches, and erases the former one. A move to where the database is
/// calls an unfinished one off. What is done already is not done again, whoever did it.
/// </summary>
public sealed class MoveTenant(
    MoveBook book,
    TenantCatalog tenants,
    TenantDirectory directory,
    TenantDataSources dataSources,
    DatabaseProviders providers,
    TenantCredentials credentials,
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

    private sealed record Work(LeasedOperation Operation, Progress Progress, TenantPlacement Tenant, OtherDatabase Other, long Started);

    /// <returns>Whether the tenant is where it is to be; false when the move goes on later, or was overtaken.</returns>
    internal async Task<bool> RunAsync(LeasedOperation operation, Progress progress, CancellationToken cancellationToken)
    {
        progress.Step = "prepare";
        TenantPlacement tenant = await tenants.FindPlacementAsync(operation.Tenant.Uid, cancellationToken) ?? throw new LeaseLostException();
        string wanted = await book.FindWantedAsync(tenant.Uid, cancellationToken);
        OtherDatabase? other = await book.FindAsync(tenant.Uid, cancellationToken);
        if (tenant.State != TenantState.Active)
        {
            return await AwaitAsync(operation, progress, "The tenant is not active. Resume it.", Pause, cancellationToken);
        }

        if (other is not null && (other.IsFormer || other.Provider != wanted))
        {
            await EraseAsync(tenant, other, progress, cancellationToken);
            other = null;
        }

        if (tenant.Provider == wanted)
        {
            return await book.FinishAsync(operation, "moved", cancellationToken);
        }

        other ??= await book.AddAsync(operation, wanted, cancellationToken);
        try
        {
            return await MoveAsync(new Work(operation, progress, tenant, other, time.GetTimestamp()), cancellationToken);
        }
        catch (PostgresException exception)
            when (exception.SqlState is PostgresErrorCodes.LockNotAvailable or PostgresErrorCodes.DeadlockDetected)
        {
            return await AwaitAsync(operation, progress, "The tenant's database is busy.", ShortPause, cancellationToken);
        }
    }

    private async Task<bool> MoveAsync(Work work, CancellationToken cancellationToken)
    {
        (LeasedOperation operation, Progress progress, TenantPlacement tenant, OtherDatabase other, _) = work;
        IDatabaseProvider from = providers.Of(tenant.Provider);
        IDatabaseProvider to = providers.Of(other.Provider);

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
        if (!await CopyMostAsync(work, copy, cancellationToken))
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

        if (!await SwitchAsync(work, copy, source, address, schemaVersion, cancellationToken))
        {
            return await AwaitAsync(operation, progress, "Something else is being done to the tenant's database.", ShortPause, cancellationToken);
        }

        directory.Forget(tenant.Uid);
        dataSources.Close(tenant.Uid);
        await EraseAsync(tenant, await book.FindAsync(tenant.Uid, cancellationToken) ?? throw new LeaseLostException(), progress, cancellationToken);
        return await book.FinishAsync(operation, "moved", cancellationToken);
    }

    /// <summary>Copies until so little changes that the rest takes a moment.</summary>
    /// <returns>False when the turn is over.</returns>
    private async Task<bool> CopyMostAsync(Work work, DatabaseCopy copy, CancellationToken cancellationToken)
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

    private async Task<bool> NoteAsync(Work work, CopyProgress progress)
    {
        string details = JsonSerializer.Serialize(
            new MoveProgress(work.Tenant.Provider, work.Other.Provider, progress.Copied, progress.Total), MoveJson.Default.MoveProgress);
        if (!await leases.NoteProgressAsync(work.Operation, work.Progress.Step, details, CancellationToken.None))
        {
            throw new LeaseLostException();
        }

        return time.GetElapsedTime(work.Started) < Turn;
    }

    /// <summary>Refuses writes, copies the last of it, and has the copy serve. What goes wrong in between ends the pause.</summary>
    private async Task<bool> SwitchAsync(
        Work work, DatabaseCopy copy, NpgsqlConnection source, DatabaseAddress address, int schemaVersion, CancellationToken cancellationToken)
    {
        bool switched = false;
        try
        {
            work.Progress.Step = "pause";
            await WritePause.BeginAsync(source, cancellationToken);
            while (await copy.CopyDocumentsAsync(_ => Task.FromResult(true), cancellationToken) > 0)
            {
                // Until a round finds nothing: the first may have read what a write before the pause was about to replace.
            }

            work.Progress.Step = "compare";
            await copy.CopyRestAsync(cancellationToken);
            work.Progress.Step = "switch";
            return switched = await book.SwitchAsync(work.Operation, work.Other, address, schemaVersion, cancellationToken);
        }
        finally
        {
            if (!switched && !await IsSwitchedAsync(work))
            {
                await EndPauseAsync(source, work.Tenant);
            }
        }
    }

    // The answer to the switch may have been lost.
    private async Task<bool> IsSwitchedAsync(Work work) =>
        await book.FindAsync(work.Tenant.Uid, CancellationToken.None) is not { IsFormer: false };

    private async Task EndPauseAsync(NpgsqlConnection source, TenantPlacement tenant)
    {
        if (source.FullState.HasFlag(System.Data.ConnectionState.Open))
        {
            await using NpgsqlCommand rollback = new("rollback", source);
            await rollback.ExecuteNonQueryAsync(CancellationToken.None);
            await WritePause.EndAsync(source, CancellationToken.None);
            return;
        }

        await using NpgsqlConnection again = await providers.Of(tenant.Provider).OpenAsOwnerAsync(tenant.Database!, CancellationToken.None);
        await WritePause.EndAsync(again, CancellationToken.None);
    }

    /// <summary>Erases the database that does not serve. What was paused for a move that came to nothing is written again.</summary>
    private async Task EraseAsync(TenantPlacement tenant, OtherDatabase other, Progress progress, CancellationToken cancellationToken)
    {
        progress.Step = "erase";
        IDatabaseProvider provider = providers.Of(other.Provider);
        if (other.IsFormer)
        {
            // Hosts follow within seconds, and end what they are at.
            await provider.CloseAccessAsync(other.Database.Name, other.Database.Role, cancellationToken);
            foreach (string role in await credentials.RolesAsync(tenant.Uid, cancellationToken))
            {
                await credentials.DropAsync(provider.Roles, other.Database.Name, role, cancellationToken);
            }
        }
        else
        {
            await using NpgsqlConnection serving = await providers.Of(tenant.Provider).OpenAsOwnerAsync(tenant.Database!, cancellationToken);
            await WritePause.EndAsync(serving, cancellationToken);
        }

        await provider.RemoveAsync(other.Database.Name, other.Database.Role, cancellationToken);
        await book.ForgetAsync(tenant.Uid, other, cancellationToken);
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
