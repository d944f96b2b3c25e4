using System.Collections.Concurrent;
using Freehold.Tenants;
using Microsoft.Extensions.Options;
using Npgsql;

namespace Freehold.Postgres;

/// <summary>
/// The only way to a tenant's database: a pool per tenant in use, all of them under one budget of connections. When the budget
/// is spent, the connections that have been idle longest, whoever's they are, are closed for whom needs one; when none is idle,
/// callers wait their turn, in order. Connections are never shared between tenants.
/// </summary>
public sealed class TenantDataSources : IAsyncDisposable
{
    private readonly ConnectionBook _book;
    private readonly RoomKeeper _room;
    private readonly PostgresOptions _options;
    private readonly TenantRoutes _routes;
    private readonly TenantDirectory _directory;
    private readonly Regions _regions;
    private readonly Plans _plans;
    private readonly TenantSchema _schema;
    private readonly TimeProvider _time;
    private readonly Wakes _wakes;
    private readonly ConcurrentDictionary<Guid, bool> _overQuota = new();
    private readonly ITimer _sweep;

    /// <summary>Opens nothing yet.</summary>
    public TenantDataSources(
        IOptions<PostgresOptions> options,
        TenantRoutes routes,
        TenantDirectory directory,
        Regions regions,
        Plans plans,
        TenantSchema schema,
        Wakes wakes,
        TimeProvider time)
    {
        _options = options.Value;
        _routes = routes;
        _book = new ConnectionBook(_options.ConnectionBudget, time);
        _room = new RoomKeeper(_book, time);
        _directory = directory;
        _regions = regions;
        _plans = plans;
        _schema = schema;
        _time = time;
        _wakes = wakes;
        TimeSpan pause = _routes.ShortestIdleTimeout / 2;
        _sweep = time.CreateTimer(_ => CloseUnused(), null, pause, pause);
    }

    /// <summary>Connections that may be open now, over all tenants.</summary>
    public int OpenConnections => _book.Open;

    /// <summary>Takes a connection to the tenant's database. It is good for one unit of work; dispose it soon.</summary>
    /// <param name="tenant">The tenant.</param>
    /// <param name="cause">What it is for.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    /// <exception cref="TimeoutException">None came free in time.</exception>
    /// <exception cref="TenantNotReadyException">The tenant does not serve any more.</exception>
    /// <exception cref="MisdirectedRegionException">It is in another region.</exception>
    /// <exception cref="TenantUpgradingException">Its schema is behind this program's.</exception>
    /// <exception cref="DatabaseOverQuotaException">The provider has stopped the database for its quota.</exception>
    /// <exception cref="ServerUnavailableException">The provider lets nobody in at the moment.</exception>
    public async ValueTask<TenantConnection> OpenAsync(TenantPlacement tenant, WakeCause cause, CancellationToken cancellationToken)
    {
        _regions.RequireHere(tenant.Region);
        if (IsBehind(tenant))
        {
            // Another host may have brought it up to date since this one asked.
            tenant = await FindPresentAsync(tenant, cancellationToken);
            if (IsBehind(tenant))
            {
                throw new TenantUpgradingException();
            }
        }

        try
        {
            return await EnterAsync(tenant, cause, cancellationToken);
        }
        catch (PostgresException exception) when (TenantRoutes.IsOverQuota(exception))
        {
            throw await NoteOverQuotaAsync(tenant, cancellationToken);
        }
        catch (PostgresException exception) when (TenantRoutes.IsTurnedAway(tenant, exception))
        {
            throw new ServerUnavailableException("The tenant's database", exception);
        }
    }

    /// <summary>Whether the tenant's database has to be migrated before this program can work with it.</summary>
    public bool IsBehind(TenantPlacement tenant) => tenant.SchemaVersion < _schema.Version;

    /// <summary>Whether this host has a connection to the tenant's database. Without one, entering it takes longer.</summary>
    public bool IsEntered(Guid tenantUid) => _book.IsOpen(tenantUid);

    /// <summary>Closes the tenant's connections: idle ones now, the others as they come back.</summary>
    public void Close(Guid tenantUid)
    {
        List<TenantPool> toClose = [];
        _book.Retire(tenantUid, toClose);
        CloseIdleOf(toClose);
    }

    /// <summary>Tenants that have connections on this host, and the role that each is entered as.</summary>
    internal IReadOnlyDictionary<Guid, string> Roles() => _book.Roles();

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _sweep.DisposeAsync();
        await _room.DisposeAsync();
        List<TenantPool> toClose = [];
        _book.RetireAll(toClose);
        CloseIdleOf(toClose);
    }

    internal void Return(TenantPool pool, int generation, bool kept)
    {
        List<TenantPool> toClose = [];
        _book.Return(pool, kept, generation, toClose);
        pool.Leave();
        CloseIdleOf(toClose);
        _room.Look();
        if (pool.Route.SleepsAfter is { } sleepsAfter)
        {
            _wakes.Left(pool.TenantUid, _routes.IdleTimeoutOf(pool.Route), sleepsAfter(pool.Plan));
        }
    }

    private async ValueTask<TenantConnection> EnterAsync(TenantPlacement tenant, WakeCause cause, CancellationToken cancellationToken)
    {
        try
        {
            return await ConnectAsync(tenant, cause, cancellationToken);
        }
        catch (PostgresException exception) when (_routes.IsRefusal(tenant, exception) && !TenantRoutes.IsOverQuota(exception))
        {
            // Another host has closed the database or replaced the role since this one asked.
            TenantPlacement present = await FindPresentAsync(tenant, cancellationToken);
            if (present.State != TenantState.Active)
            {
                throw new TenantNotReadyException(present.State);
            }

            if (present.Role == tenant.Role)
            {
                throw;
            }

            return await ConnectAsync(present, cause, cancellationToken);
        }
    }

    // A tenant that has gone to another region is not entered from here, whatever this host could reach.
    private async Task<TenantPlacement> FindPresentAsync(TenantPlacement tenant, CancellationToken cancellationToken)
    {
        TenantPlacement present = await _directory.FindAgainAsync(tenant.Uid, cancellationToken) ?? throw new TenantNotFoundException();
        _regions.RequireHere(present.Region);
        return present;
    }

    private async ValueTask<TenantConnection> ConnectAsync(TenantPlacement tenant, WakeCause cause, CancellationToken cancellationToken)
    {
        TenantRoute route = _routes.Of(tenant);
        if (route.SleepsAfter is not null)
        {
            await _wakes.RequireAsync(tenant, cancellationToken);
        }

        TenantPool pool = await LeaseAsync(tenant, cancellationToken);
        try
        {
            NpgsqlConnection connection = await ConnectAsync(pool, route, cancellationToken);
            if (route.SleepsAfter is { } sleepsAfter)
            {
                _wakes.Entered(tenant.Uid, cause, sleepsAfter(tenant.Plan));
            }

            await NoteWithinQuotaAsync(tenant, cancellationToken);
            return new TenantConnection(this, pool, _book.GenerationOf(pool), connection);
        }
        catch
        {
            Return(pool, _book.GenerationOf(pool), kept: false);
            throw;
        }
    }

    private async ValueTask NoteWithinQuotaAsync(TenantPlacement tenant, CancellationToken cancellationToken)
    {
        // Another host may have noted it, and have nobody ask it again.
        if (_overQuota.TryRemove(tenant.Uid, out _) || tenant.IsOverQuota)
        {
            await _directory.NoteWithinQuotaAsync(tenant.Uid, cancellationToken);
        }
    }

    private async Task<DatabaseOverQuotaException> NoteOverQuotaAsync(TenantPlacement tenant, CancellationToken cancellationToken)
    {
        _overQuota[tenant.Uid] = true;
        return new DatabaseOverQuotaException(await _directory.NoteOverQuotaAsync(tenant.Uid, cancellationToken));
    }

    /// <summary>A compute that wakes may be too slow for one attempt, or turn it away; not for two.</summary>
    private static async ValueTask<NpgsqlConnection> ConnectAsync(TenantPool pool, TenantRoute route, CancellationToken cancellationToken)
    {
        try
        {
            return await pool.DataSource.OpenConnectionAsync(cancellationToken);
        }
        catch (NpgsqlException exception) when (route.SleepsAfter is not null && exception.IsTransient)
        {
            return await pool.DataSource.OpenConnectionAsync(cancellationToken);
        }
    }

    private async ValueTask<TenantPool> LeaseAsync(TenantPlacement tenant, CancellationToken cancellationToken)
    {
        string role = tenant.Role ?? throw new TenantNotReadyException(tenant.State);
        int places = Math.Min(_options.ConnectionsPerTenant, _plans.Of(tenant.Plan).Connections ?? int.MaxValue);
        while (true)
        {
            List<TenantPool> toClose = [];
            TenantPool pool = _book.Find(
                tenant.Uid, role, () => new TenantPool(tenant.Uid, role, _routes.Of(tenant), _routes.Build(tenant), places) { Plan = tenant.Plan }, toClose);
            CloseIdleOf(toClose);
            pool.Plan = tenant.Plan;
            pool.Resize(places);

            // First a place among the tenant's own, so that a busy tenant stands in the common queue a few times, not hundreds.
            if (!await pool.Places.WaitAsync(_options.ConnectTimeout, cancellationToken))
            {
                throw NoneInTime();
            }

            bool granted = false;
            try
            {
                granted = await TakeTurnAsync(pool, cancellationToken);
            }
            finally
            {
                if (!granted)
                {
                    pool.Leave();
                }
            }

            if (granted)
            {
                return pool;
            }
        }
    }

    private async Task<bool> TakeTurnAsync(TenantPool pool, CancellationToken cancellationToken)
    {
        List<TenantPool> toClose = [];
        Waiter waiter = _book.Ask(pool, toClose);
        CloseIdleOf(toClose);
        if (_book.IsTight)
        {
            _room.Look();
        }

        try
        {
            return await waiter.Granted.Task.WaitAsync(_options.ConnectTimeout, _time, cancellationToken);
        }
        catch (Exception exception) when (exception is OperationCanceledException or TimeoutException)
        {
            if (!_book.Withdraw(waiter) && await waiter.Granted.Task)
            {
                // Granted at the last moment: it goes to the next in the queue. That the driver may hold it open is assumed.
                List<TenantPool> left = [];
                _book.Return(pool, kept: true, _book.GenerationOf(pool), left);
                CloseIdleOf(left);
            }

            cancellationToken.ThrowIfCancellationRequested();
            throw NoneInTime();
        }
    }

    private static TimeoutException NoneInTime() => new("No connection to the tenant's database came free in time.");

    private void CloseUnused()
    {
        List<TenantPool> toClose = [];
        _book.RetireUnused(pool => _time.GetUtcNow() - _routes.IdleTimeoutOf(pool.Route), toClose);
        _wakes.ForgetSleeping();
        CloseIdleOf(toClose);
    }

    private static void CloseIdleOf(List<TenantPool> pools) => pools.ForEach(pool => pool.CloseIdle());
}
