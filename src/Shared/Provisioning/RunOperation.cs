using System.Net.Sockets;
using Azure;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Npgsql;

namespace Freehold.Provisioning;

/// <summary>
/// Carries out one operation under its lease. Each step asks first what is done already, so an operation may be carried out again
/// from its beginning after a crash between any two steps. What fails is tried again later, then given up with a reason.
/// </summary>
public sealed class RunOperation(
    OperationStore operations,
    ProvisionTenant provision,
    DeprovisionTenant deprovision,
    IOptions<ProvisioningOptions> options,
    TimeProvider time,
    ILogger<RunOperation> logger)
{
    /// <summary>Carries out an operation that is due; leaves alone one that is not.</summary>
    public async Task RunAsync(Guid id, CancellationToken cancellationToken)
    {
        if (await operations.LeaseAsync(id, cancellationToken) is not { } operation)
        {
            return;
        }

        if (operation.Attempts > options.Value.MaxAttempts && operation.Kind == OperationKinds.Provision)
        {
            // An attempt that takes its host down writes no failure; it must not be made for ever.
            await operations.RecordFailureAsync(operation, "lease", "Several attempts ended without a result.", cancellationToken);
        }
        else
        {
            await RunLeasedAsync(operation, Timeout.InfiniteTimeSpan, cancellationToken);
        }
    }

    /// <summary>Carries out an operation whose lease the caller holds.</summary>
    /// <param name="operation">The operation.</param>
    /// <param name="patience">After this long it is given back, for a message to resume.</param>
    /// <param name="cancellationToken">The host stops, or the caller went away: the operation is given back.</param>
    /// <returns>Whether it is done.</returns>
    internal async Task<bool> RunLeasedAsync(LeasedOperation operation, TimeSpan patience, CancellationToken cancellationToken)
    {
        using CancellationTokenSource deadline = new(patience, time);
        using CancellationTokenSource either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, deadline.Token);
        Progress progress = new();
        try
        {
            return await (operation.Kind switch
            {
                OperationKinds.Provision => provision.RunAsync(operation, progress, either.Token),
                OperationKinds.Delete => deprovision.RunAsync(operation, progress, either.Token),
                _ => throw new InvalidOperationException($"There is no operation of the kind '{operation.Kind}'."),
            });
        }
        catch (OperationCanceledException) when (either.IsCancellationRequested)
        {
            // Whoever cancelled has stopped waiting; the row must still be given back, or it rests until the lease lapses.
            await operations.ReleaseAsync(operation, CancellationToken.None);
            cancellationToken.ThrowIfCancellationRequested();
            return false;
        }
        catch (Exception exception) when (exception is not OperationCanceledException)
        {
            Log.OperationFailed(logger, operation.Id, operation.Kind, progress.Step, operation.Attempts, exception);
            await operations.RecordFailureAsync(operation, progress.Step, Explain(exception), CancellationToken.None);
            return false;
        }
    }

    /// <summary>A sentence for operators. Exception texts of servers stay in the log.</summary>
    private static string Explain(Exception exception) => exception switch
    {
        PostgresException postgres => $"The PostgreSQL server refused (SQLSTATE {postgres.SqlState}).",
        NpgsqlException or SocketException or TimeoutException => "The PostgreSQL server could not be reached.",
        RequestFailedException storage => $"Blob storage refused or could not be reached (status {storage.Status}).",
        AggregateException { InnerException: RequestFailedException } => "Blob storage could not be reached.",
        _ => $"An unexpected error ({exception.GetType().Name}); the host's log has the details.",
    };
}

/// <summary>The step that an operation has come to.</summary>
internal sealed class Progress
{
    public string Step { get; set; } = "start";
}
