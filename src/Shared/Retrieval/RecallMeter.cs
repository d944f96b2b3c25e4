using System.Threading.Channels;
using Freehold.Postgres;
using Freehold.Tenants;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Freehold.Retrieval;

/// <summary>
/// Now and then compares a search that used an index with the exact one, after its answer was given and on its own connection: so no
/// sleeping tenant is woken, and nobody waits for it. One at a time on a host; what comes meanwhile is not compared.
/// </summary>
public sealed class RecallMeter(RecallStore store, IOptions<ApproximationOptions> options, ILogger<RecallMeter> logger) : BackgroundService
{
    private const int Stopped = 0;
    private const int Free = 1;
    private const int Busy = 2;

    private readonly Channel<Sample> _samples = Channel.CreateBounded<Sample>(1);
    private int _state = Stopped;

    private sealed record Sample(Guid Tenant, QueryVector Vector, int Candidates, TenantConnection Connection);

    /// <summary>Takes a search's connection over, if it is this one's turn; else it stays the caller's.</summary>
    internal bool TryTake(TenantPlacement tenant, QueryVector vector, int candidates, TenantConnection connection)
    {
        int rate = options.Value.RecallSampleRate;
        if (rate == 0 || Random.Shared.Next(rate) != 0 || Array.TrueForAll(vector.Values, value => value == 0)
            || Interlocked.CompareExchange(ref _state, Busy, Free) != Free)
        {
            return false;
        }

        return _samples.Writer.TryWrite(new Sample(tenant.Uid, vector, candidates, connection));
    }

    /// <inheritdoc/>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        Volatile.Write(ref _state, Free);
        try
        {
            await foreach (Sample sample in _samples.Reader.ReadAllAsync(stoppingToken))
            {
                await CompareAsync(sample, stoppingToken);
                Interlocked.CompareExchange(ref _state, Free, Busy);
            }
        }
        finally
        {
            // Nothing is taken any more, and what was taken in the last moment goes back.
            Interlocked.Exchange(ref _state, Stopped);
            _samples.Writer.TryComplete();
            if (_samples.Reader.TryRead(out Sample? left))
            {
                await left.Connection.DisposeAsync();
            }
        }
    }

    private async Task CompareAsync(Sample sample, CancellationToken cancellationToken)
    {
        await using TenantConnection connection = sample.Connection;
        try
        {
            if (await RecallSql.CompareAsync(connection.Connection, sample.Vector, sample.Candidates, cancellationToken) is not { } compared)
            {
                return;
            }

            if (await store.AddAsync(sample.Tenant, compared.Recall, compared.InView, cancellationToken))
            {
                int inView = await RecallSql.RaiseAsync(connection.Connection, compared.InView, cancellationToken);
                await store.StartAnewAsync(sample.Tenant, inView, cancellationToken);
                Log.MoreInView(logger, sample.Tenant, compared.InView, inView);
            }
        }
        catch (Exception exception) when (!cancellationToken.IsCancellationRequested)
        {
            // Whatever it was, it concerns no search.
            Log.RecallUnknown(logger, sample.Tenant, exception);
        }
    }
}
