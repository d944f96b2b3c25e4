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
    private readonly Dictionary<string, TenantRoute> _routes;
    private readonly TenantDirectory _directory;
    private readonly CredentialCipher _cipher;
    private readonly Plans _plans;
    private readonly TenantSchema _schema;
    private readonly TimeProvider _time;
    private readonly Wakes _wakes;
    private readonly ConcurrentDictionary<Guid, bool> _overQuota = new();
    private readonly ITimer _sweep;

    /// <summary>Opens nothing yet.</summary>
    public TenantDataSources(
        IOptions<PostgresOptions> options,
        IEnumerable<TenantRoute> routes,
        TenantDirectory directory,
        CredentialCipher cipher,
        Plans plans,
        TenantSchema schema,
        Wakes wakes,
        TimeProvider time)
    {
        _options = options.Value;
        _routes = routes.ToDictionary(route => route.Provider);
        _book = new ConnectionBook(_options.ConnectionBudget, time);
        _room = new RoomKeeper(_book, time);
        _directory = directory;
        _cipher = cipher;
        _plans = plans;
        _schema = schema;
        _time = time;
        _wakes = wakes;
        TimeSpan pause = _routes.Values.Select(IdleTimeoutOf).Append(_options.IdleTimeout).Min() / 2;
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
    /// <exception cref="TenantUpgradingException">Its schema is behind this program's.</exception>
    public async ValueTask<TenantConnection> OpenAsync(TenantPlacement tenant, WakeCause cause, CancellationToken cancellationToken)
    {
        if (IsBehind(tenant))
        {
            // Another host may have brought it up to date since this one asked.
            tenant = await _directory.FindAgainAsync(tenant.Uid, cancellationToken) ?? throw new TenantNotFoundException();
            if (IsBehind(tenant))
            {
                throw new TenantUpgradingException();
            }
        }

        try
        {
            return await ConnectAsync(tenant, cause, cancellationToken);
        }
        catch (PostgresException exception) when (IsOverQuota(exception))
        {
            throw await NoteOverQuotaAsync(tenant, cancellationToken);
        }
        catch (PostgresException exception) when (IsRefusal(tenant, exception))
        {
            // Another host has closed the database or replaced the role since this one asked.
            TenantPlacement present = await _directory.FindAgainAsync(tenant.Uid, cancellationToken) ?? throw new TenantNotFoundException();
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
            _wakes.Left(pool.TenantUid, IdleTimeoutOf(pool.Route), sleepsAfter);
        }
    }

    private TimeSpan IdleTimeoutOf(TenantRoute route) => route.IdleTimeout ?? _options.IdleTimeout;

    // A pooler that the server does not let in, or that lets nobody in itself, has one code for all reasons, and Neon's proxy another.
    private bool IsRefusal(TenantPlacement tenant, PostgresException exception) =>
        (RouteTo(tenant).IsPooled(tenant) && exception.SqlState is PostgresErrorCodes.ProtocolViolation or PostgresErrorCodes.InternalError)
        || exception.SqlState is PostgresErrorCodes.InvalidPassword
        or PostgresErrorCodes.InvalidAuthorizationSpecification
        or PostgresErrorCodes.InsufficientPrivilege
        or PostgresErrorCodes.InvalidCatalogName
        or PostgresErrorCodes.ObjectNotInPrerequisiteState;

    private async ValueTask<TenantConnection> ConnectAsync(TenantPlacement tenant, WakeCause cause, CancellationToken cancellationToken)
    {
        TenantRoute route = RouteTo(tenant);
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
                _wakes.Entered(tenant.Uid, cause, sleepsAfter);
                await NoteWithinQuotaAsync(tenant, cancellationToken);
            }

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
        if (!_overQuota.IsEmpty && _overQuota.TryRemove(tenant.Uid, out _))
        {
            await _directory.NoteWithinQuotaAsync(tenant.Uid, cancellationToken);
        }
    }

    private async Task<DatabaseOverQuotaException> NoteOverQuotaAsync(TenantPlacement tenant, CancellationToken cancellationToken)
    {
        _overQuota[tenant.Uid] = true;
        return new DatabaseOverQuotaException(await _directory.NoteOverQuotaAsync(tenant.Uid, cancellationToken));
    }

    // Neon has a code for all of its proxy's reasons, and a text for this one.
    private static bool IsOverQuota(PostgresException exception) => exception.SqlState == PostgresErrorCodes.InternalError
        && exception.MessageText.Contains("exceeded", StringComparison.OrdinalIgnoreCase)
        && exception.MessageText.Contains("quota", StringComparison.OrdinalIgnoreCase);

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
            TenantPool pool = _book.Find(tenant.Uid, role, () => new TenantPool(tenant.Uid, role, RouteTo(tenant), Build(tenant), places), toClose);
            CloseIdleOf(toClose);
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

    private NpgsqlDataSource Build(TenantPlacement tenant)
    {
        TenantRoute route = RouteTo(tenant);
        (string? host, int port) = route.Find(tenant);
        NpgsqlConnectionStringBuilder connection = new()
        {
            Host = host,
            Port = port,
            Database = tenant.Database,
            Username = tenant.Role,
            Password = _cipher.Open(tenant.Uid, tenant.EncryptedPassword),
            ApplicationName = "freehold",
            SslMode = route.SslMode,
            MaxPoolSize = _options.ConnectionsPerTenant,
            ConnectionIdleLifetime = (int)IdleTimeoutOf(route).TotalSeconds,
            Timeout = (int)route.ConnectTimeout.TotalSeconds,

            // A statement's first use costs one round trip; from the second on it is prepared. Not behind a pooler: there the next transaction
            // may run in another session of the server, which does not know the statement, or knows another by its name.
            MaxAutoPrepare = route.IsPooled(tenant) ? 0 : 16,
            AutoPrepareMinUsages = 2,

            // Nothing here leaves state in a session, so nothing needs to be reset; behind a pooler, it would be another's session.
            NoResetOnClose = true,
        };
        NpgsqlDataSourceBuilder builder = new(connection.ConnectionString);

        // Reading a database's types costs 9 ms at a tenant's first connection; the types used here are built in.
        builder.ConfigureTypeLoading(types => types.EnableTypeLoading(false));
        return builder.Build();
    }

    private TenantRoute RouteTo(TenantPlacement tenant) => _routes.GetValueOrDefault(tenant.Provider)
        ?? throw new InvalidOperationException($"This host has no settings for the provider '{tenant.Provider}' of the tenant's database.");

    private void CloseUnused()
    {
        List<TenantPool> toClose = [];
        _book.RetireUnused(pool => _time.GetUtcNow() - IdleTimeoutOf(pool.Route), toClose);
        _wakes.ForgetSleeping();
        CloseIdleOf(toClose);
    }

    private static void CloseIdleOf(List<TenantPool> pools) => pools.ForEach(pool => pool.CloseIdle());
}
