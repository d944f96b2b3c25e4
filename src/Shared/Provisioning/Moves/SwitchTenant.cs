using Freehold.Provisioning.Moves.BetweenRegions;
using Freehold.Provisioning.Providers;
using Freehold.Tenants;
using Microsoft.Extensions.Options;
using Npgsql;

namespace Freehold.Provisioning.Moves;

/// <summary>The database that a tenant is to have.</summary>
/// <param name="Address">Where it is.</param>
/// <param name="SchemaVersion">Version of its schema.</param>
internal sealed record CopiedDatabase(DatabaseAddress Address, int SchemaVersion);

/// <summary>The moment of a move in which nothing is written: from when most is copied until the copy serves.</summary>
public sealed class SwitchTenant(MoveBook book, RegionReaches reaches, OperationLeases leases, IOptions<TenantsOptions> options, TimeProvider time)
{
    /// <summary>Refuses writes, copies the last of it, and has the copy serve. What goes wrong in between ends the pause, of who holds the lease.</summary>
    /// <param name="work">The move.</param>
    /// <param name="copy">What it has copied.</param>
    /// <param name="source">The database that serves, entered as its owner.</param>
    /// <param name="copied">The other one.</param>
    /// <param name="cancellationToken">Ends the pause.</param>
    /// <returns>False when something else is being done to the database that serves.</returns>
    internal async Task<bool> RunAsync(
        MoveWork work, DatabaseCopy copy, NpgsqlConnection source, CopiedDatabase copied, CancellationToken cancellationToken)
    {
        work.Progress.Step = "switch";
        if (!await book.IsQuietAsync(work.Tenant.Uid, cancellationToken))
        {
            // Nobody waits for what would come to nothing. What begins from now on is looked for once more by the switch itself.
            return false;
        }

        bool switched = false;
        try
        {
            work.Progress.Step = "pause";
            if (work.Content is not null)
            {
                await book.PauseUploadsAsync(work.Operation, cancellationToken);
                await Task.Delay(options.Value.KeyCacheLifetime, time, cancellationToken);
            }

            await leases.RequireAsync(work.Operation, work.Progress.Step, cancellationToken);
            await WritePause.BeginAsync(source, cancellationToken);
            while (await copy.CopyDocumentsAsync(_ => Task.FromResult(true), cancellationToken) > 0)
            {
                // Until a round finds nothing: the first may have read what a write before the pause was about to replace.
            }

            work.Progress.Step = "compare";
            await copy.CopyRestAsync(cancellationToken);
            if (work.Content is not null)
            {
                await work.Content.FinishAsync(
                    copy.Target, () => leases.RequireAsync(work.Operation, work.Progress.Step, cancellationToken), cancellationToken);
            }

            work.Progress.Step = "switch";
            return switched = await book.SwitchAsync(work.Operation, work.Other, copied.Address, copied.SchemaVersion, cancellationToken);
        }
        finally
        {
            // Of who has lost the lease, the pause is another's.
            if (!switched && !await IsSwitchedAsync(work) && await leases.RenewAsync(work.Operation, work.Progress.Step, CancellationToken.None))
            {
                await EndPauseAsync(source, work.Tenant);
            }
        }
    }

    // The answer to the switch may have been lost.
    private async Task<bool> IsSwitchedAsync(MoveWork work) =>
        await book.FindAsync(work.Tenant.Uid, CancellationToken.None) is not { IsFormer: false };

    private async Task EndPauseAsync(NpgsqlConnection source, TenantPlacement tenant)
    {
        await book.ResumeUploadsAsync(tenant.Uid, CancellationToken.None);
        if (source.FullState.HasFlag(System.Data.ConnectionState.Open))
        {
            await using NpgsqlCommand rollback = new("rollback", source);
            await rollback.ExecuteNonQueryAsync(CancellationToken.None);
            await WritePause.EndAsync(source, CancellationToken.None);
            return;
        }

        await using NpgsqlConnection again = await reaches.Of(tenant.Region).Providers.Of(tenant.Provider)
            .OpenAsOwnerAsync(tenant.Database!, CancellationToken.None);
        await WritePause.EndAsync(again, CancellationToken.None);
    }
}
