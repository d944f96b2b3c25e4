using System.Net.Sockets;
using Azure;
using Freehold.Ai;
using Freehold.Neon;
using Freehold.Provisioning.Evaluations;
using Freehold.Provisioning.ModelChange;
using Freehold.Provisioning.Moves;
using Freehold.Provisioning.Moves.BetweenRegions;
using Freehold.Provisioning.Providers;
using Freehold.Provisioning.VectorIndexes;
using Freehold.Tenants;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Npgsql;

namespace Freehold.Provisioning;

/// <summary>
/// Carries out one operation under its lease. Each step asks first what is done already, so an operation may be carried out again
/// from its beginning after a crash between any two steps. What fails is tried again later, then given up with a reason.
/// </summary>
public sealed class RunOperation(
    OperationLeases leases,
    ProvisionTenant provision,
    DeprovisionTenant deprovision,
    ApplyTenantState applyState,
    RotateCredentials rotateCredentials,
    RotateKeys rotateKeys,
    ChangeModel changeModel,
    BuildIndex buildIndex,
    CarryOutEvaluation carryOutEvaluation,
    MoveTenant moveTenant,
    IOptions<ProvisioningOptions> options,
    TimeProvider time,
    ILogger<RunOperation> logger)
{
    // Less than a function may take: a host ends one that takes longer, and everything else with it.
    private static readonly TimeSpan LongestTurn = TimeSpan.FromMinutes(8);

    /// <summary>Carries out an operation that is due; leaves alone one that is not.</summary>
    /// <returns>Whether its turn is over and it goes on at once, to be woken by a message.</returns>
    public async Task<bool> RunAsync(Guid id, CancellationToken cancellationToken)
    {
        if (await leases.TakeAsync(id, cancellationToken) is not { } operation)
        {
            return false;
        }

        Progress progress = new();
        if (operation.Attempts > options.Value.MaxAttempts && OperationKinds.CanFail(operation.Kind))
        {
            // An attempt that takes its host down writes no failure; it must not be made for ever.
            await leases.RecordFailureAsync(operation, "lease", "Several attempts ended without a result.", permanent: true, cancellationToken);
        }
        else
        {
            await RunLeasedAsync(operation, progress, LongestTurn, cancellationToken);
        }

        return progress.GoesOn;
    }

    /// <summary>Carries out an operation whose lease the caller holds.</summary>
    /// <param name="operation">The operation.</param>
    /// <param name="patience">After this long it is given back, for a message to resume.</param>
    /// <param name="cancellationToken">The host stops, or the caller went away: the operation is given back.</param>
    /// <returns>Whether it is done.</returns>
    internal Task<bool> RunLeasedAsync(LeasedOperation operation, TimeSpan patience, CancellationToken cancellationToken) =>
        RunLeasedAsync(operation, new Progress(), patience, cancellationToken);

    private async Task<bool> RunLeasedAsync(
        LeasedOperation operation, Progress progress, TimeSpan patience, CancellationToken cancellationToken)
    {
        using CancellationTokenSource deadline = new(patience, time);
        using CancellationTokenSource either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, deadline.Token);
        try
        {
            return await HoldAsync(operation, progress, either, CarryOutAsync(operation, progress, either.Token));
        }
        catch (OperationCanceledException) when (either.IsCancellationRequested)
        {
            // Whoever cancelled has stopped waiting; the row must still be given back, or it rests until the lease lapses.
            await leases.ReleaseAsync(operation, CancellationToken.None);
            cancellationToken.ThrowIfCancellationRequested();
            return false;
        }
        catch (LeaseLostException)
        {
            return false;
        }
        catch (Exception exception) when (exception is not OperationCanceledException)
        {
            Log.OperationFailed(logger, operation.Id, operation.Kind, progress.Step, operation.Attempts, exception);
            await leases.RecordFailureAsync(operation, progress.Step, Explain(exception), IsPermanent(exception), CancellationToken.None);
            return false;
        }
    }

    private Task<bool> CarryOutAsync(LeasedOperation operation, Progress progress, CancellationToken cancellationToken) => operation.Kind switch
    {
        OperationKinds.Provision => provision.RunAsync(operation, progress, cancellationToken),
        OperationKinds.Delete => deprovision.RunAsync(operation, progress, cancellationToken),
        OperationKinds.Suspend or OperationKinds.Resume or OperationKinds.Undelete or OperationKinds.SetPlan =>
            applyState.RunAsync(operation, progress, cancellationToken),
        OperationKinds.RotateCredentials => rotateCredentials.RunAsync(operation, progress, cancellationToken),
        OperationKinds.RotateKeys => rotateKeys.RunAsync(operation, progress, cancellationToken),
        OperationKinds.ChangeModel => changeModel.RunAsync(operation, progress, cancellationToken),
        OperationKinds.BuildIndex => buildIndex.RunAsync(operation, progress, cancellationToken),
        OperationKinds.Evaluate => carryOutEvaluation.RunAsync(operation, progress, cancellationToken),
        OperationKinds.Move => moveTenant.RunAsync(operation, progress, cancellationToken),
        _ => throw new InvalidOperationException($"There is no operation of the kind '{operation.Kind}'."),
    };

    /// <summary>Keeps the lease for as long as the work takes, and stops the work when the lease is lost.</summary>
    private async Task<bool> HoldAsync(LeasedOperation operation, Progress progress, CancellationTokenSource stop, Task<bool> work)
    {
        TimeSpan pause = options.Value.Lease / 3;
        long renewed = time.GetTimestamp();
        while (!work.IsCompleted)
        {
            using CancellationTokenSource over = new();
            Task timer = Task.Delay(pause, time, over.Token);
            if (await Task.WhenAny(work, timer) != timer)
            {
                await over.CancelAsync();
                break;
            }

            bool? held = await TryRenewAsync(operation, progress);
            if (held == true)
            {
                renewed = time.GetTimestamp();
            }
            else if (held == false || time.GetElapsedTime(renewed) + pause > options.Value.Lease)
            {
                // Another may be at it from now on, and what it finishes must not be undone here.
                await stop.CancelAsync();
                break;
            }
        }

        return await work;
    }

    /// <returns>Null when the catalog is away.</returns>
    private async Task<bool?> TryRenewAsync(LeasedOperation operation, Progress progress)
    {
        try
        {
            return await leases.RenewAsync(operation, progress.Step, CancellationToken.None);
        }
        catch (Exception exception) when (exception is NpgsqlException or TimeoutException)
        {
            return null;
        }
    }

    private static bool IsPermanent(Exception exception) =>
        exception is RegionOutOfReachException or ModelNotConfiguredException || ProviderFailures.IsPermanent(exception);

    /// <summary>A sentence for operators. Exception texts of servers stay in the log.</summary>
    private static string Explain(Exception exception) => exception switch
    {
        PostgresException postgres => $"The PostgreSQL server refused (SQLSTATE {postgres.SqlState}).",
        CredentialKeyMissingException missing => $"The credential key '{missing.KeyId}' is not configured. Put it back, then retry.",
        NeonException neon => ProviderFailures.Explain(neon),
        ProviderNotConfiguredException unknown =>
            $"This host has no settings for the provider '{unknown.Provider}' of the tenant's database. Put them back, then retry.",
        NpgsqlException or SocketException or TimeoutException => "The PostgreSQL server could not be reached.",
        RefusalException refusal => refusal.Message,
        ModelException embedding => embedding.Explanation,
        RequestFailedException storage => $"Blob storage refused or could not be reached (status {storage.Status}).",
        AggregateException { InnerException: RequestFailedException } => "Blob storage could not be reached.",
        CopyDiffersException differs => differs.Message,
        RegionOutOfReachException unreachable =>
            $"This host has no settings to fetch from the region '{unreachable.Region}'. Put them below Moves:From, then retry.",
        ModelNotConfiguredException unknown => $"The embedding model '{unknown.Model}' of the tenant is not configured in this region. Add it, then retry.",
        _ => $"An unexpected error ({exception.GetType().Name}); the host's log has the details.",
    };
}

/// <summary>The step that an operation has come to.</summary>
internal sealed class Progress
{
    public string Step { get; set; } = "start";

    /// <summary>Whether the operation was given back at the end of a turn, to go on at once.</summary>
    public bool GoesOn { get; set; }
}
