using Freehold.Provisioning.Fleet;
using Freehold.Provisioning.Providers;
using Freehold.Tenants;
using Microsoft.Extensions.Logging;

namespace Freehold.Provisioning.Spares;

/// <summary>
/// Makes what the warm pool lacks, one database after another, and drops what it no longer needs. A turn is short; what a killed
/// one left, the next one finishes. A provider that is away ends the turn of its databases.
/// </summary>
public sealed class FillWarmPool(
    WarmPool pool, DatabaseProviders providers, OwnedNames owned, CredentialCipher cipher, TimeProvider time, ILogger<FillWarmPool> logger)
{
    private static readonly TimeSpan Turn = TimeSpan.FromSeconds(20);

    /// <summary>Works until the pool is full, or for one turn.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        long started = time.GetTimestamp();
        foreach (IDatabaseProvider provider in providers.All)
        {
            bool isForNew = providers.IsForNew(provider);
            while (time.GetElapsedTime(started) < Turn
                && await pool.TakeNextAsync(provider, isForNew, cancellationToken) is { } spare
                && await TryFinishAsync(provider, spare, cancellationToken))
            {
            }
        }
    }

    /// <returns>False when a server is away.</returns>
    private async Task<bool> TryFinishAsync(IDatabaseProvider provider, SpareDatabase spare, CancellationToken cancellationToken)
    {
        // Whoever is slower than the lease must not go on beside the next.
        using CancellationTokenSource deadline = new(pool.Lease / 2, time);
        using CancellationTokenSource either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, deadline.Token);
        try
        {
            await (spare.IsToBeDropped ? DropAsync(provider, spare, either.Token) : MakeAsync(provider, spare, either.Token));
            return true;
        }
        catch (Exception exception) when (ProviderFailures.Is(exception) || exception is OperationCanceledException)
        {
            // Also when this host stops: otherwise the row rests until the lease lapses. It may, where the next try would fail as well.
            if (!ProviderFailures.IsPermanent(exception))
            {
                await pool.ReleaseAsync(spare, CancellationToken.None);
            }

            cancellationToken.ThrowIfCancellationRequested();
            Log.WarmPoolUnfilled(logger, exception);
            return false;
        }
    }

    private async Task MakeAsync(IDatabaseProvider provider, SpareDatabase spare, CancellationToken cancellationToken)
    {
        TenantDatabase database = new(spare.Database, spare.Role, cipher.Open(spare.Uid, spare.EncryptedPassword));
        DatabaseAddress address = await provider.CreateDatabaseAsync(database, new DatabaseTerms(spare.Uid, Plan: null), cancellationToken);
        await provider.OpenDatabaseAsync(database, cancellationToken);
        await provider.RestAsync(database, cancellationToken);
        if (!await pool.OfferAsync(spare, address, cancellationToken)
            && (await owned.FindUnownedAsync(OrphanKinds.Database, [database.Name], cancellationToken)).Count > 0)
        {
            // Another host made it meanwhile, a tenant took it, and the tenant has been erased: nothing may stay of what was made again.
            await provider.RemoveAsync(database.Name, database.Role, cancellationToken);
        }
    }

    private async Task DropAsync(IDatabaseProvider provider, SpareDatabase spare, CancellationToken cancellationToken)
    {
        await provider.RemoveAsync(spare.Database, spare.Role, cancellationToken);
        await pool.ForgetAsync(spare, cancellationToken);
    }
}
