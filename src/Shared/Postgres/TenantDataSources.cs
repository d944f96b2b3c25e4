using Freehold.Tenants;
using Microsoft.Extensions.Options;
using Npgsql;

namespace Freehold.Postgres;

/// <summary>
/// The only way to a tenant's database: a pool per tenant in use, all of them under one budget of connections. When the budget
/// is spent, the connections that have been idle longest, whoever's they are, are closed for whom needs one; when none is idle,
/// the caller waits its turn. Connections are never shared between tenants.
/// </summary>
public sealed class TenantDataSources : IAsyncDisposable
{
    private readonly Lock _lock = new();
    private readonly Dictionary<Guid, TenantPool> _pools = [];
    private readonly LinkedList<TaskCompletionSource> _waiting = [];
    private readonly PostgresOptions _options;
    private readonly CredentialCipher _cipher;
    private readonly TimeProvider _time;
    private readonly ITimer _sweep;
    private int _open;

    /// <summary>Opens nothing yet.</summary>
    public TenantDataSources(IOptions<PostgresOptions> options, CredentialCipher cipher, TimeProvider time)
    {
        _options = options.Value;
        _cipher = cipher;
        _time = time;
        _sweep = time.CreateTimer(_ => CloseIdle(), null, _options.IdleTimeout / 2, _options.IdleTimeout / 2);
    }

    /// <summary>Connections that may be open now, over all tenants.</summary>
    public int OpenConnections
    {
        get
        {
            lock (_lock)
            {
                return _open;
            }
        }
    }

    /// <summary>Takes a connection to the tenant's database. It is good for one unit of work; dispose it soon.</summary>
    public async ValueTask<TenantConnection> OpenAsync(TenantPlacement tenant, CancellationToken cancellationToken)
    {
        (TenantPool pool, int generation) = await LeaseAsync(tenant, cancellationToken);
        try
        {
            NpgsqlConnection connection = await pool.DataSource.OpenConnectionAsync(cancellationToken);
            return new TenantConnection(this, pool, generation, connection);
        }
        catch
        {
            Return(pool, generation, reusable: false);
            throw;
        }
    }

    /// <summary>Closes the tenant's connections: idle ones now, the others as they come back.</summary>
    public void Close(Guid tenantUid)
    {
        TenantPool? unused = null;
        lock (_lock)
        {
            if (_pools.Remove(tenantUid, out TenantPool? pool))
            {
                unused = Retire(pool);
            }
        }

        unused?.DataSource.Dispose();
        Wake();
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _sweep.DisposeAsync();
        foreach (Guid uid in _pools.Keys.ToArray())
        {
            Close(uid);
        }
    }

    internal void Return(TenantPool pool, int generation, bool reusable)
    {
        bool close;
        lock (_lock)
        {
            pool.Leased--;
            if (!reusable || pool.Retired || generation != pool.Generation)
            {
                pool.Open--;
                _open--;
            }

            close = pool is { Retired: true, Leased: 0 };
        }

        if (close)
        {
            pool.DataSource.Dispose();
        }

        pool.Places.Release();
        Wake();
    }

    private async ValueTask<(TenantPool Pool, int Generation)> LeaseAsync(TenantPlacement tenant, CancellationToken cancellationToken)
    {
        while (true)
        {
            TenantPool pool;
            lock (_lock)
            {
                pool = FindPool(tenant);
            }

            // First a place among the tenant's own, so that whoever then waits for the budget can use any connection that comes free.
            await pool.Places.WaitAsync(cancellationToken);
            try
            {
                if (await LeaseAsync(pool, cancellationToken) is { } generation)
                {
                    return (pool, generation);
                }
            }
            catch
            {
                pool.Places.Release();
                throw;
            }

            pool.Places.Release();
        }
    }

    /// <summary>Waits for a connection of the budget. Null when the pool has been retired meanwhile.</summary>
    private async ValueTask<int?> LeaseAsync(TenantPool pool, CancellationToken cancellationToken)
    {
        while (true)
        {
            TaskCompletionSource turn = new(TaskCreationOptions.RunContinuationsAsynchronously);
            TenantPool? victim;
            lock (_lock)
            {
                if (pool.Retired)
                {
                    return null;
                }

                if (pool.Idle > 0 || _open < _options.ConnectionBudget)
                {
                    return Lease(pool);
                }

                victim = FreeLongestIdle();
                if (victim is null)
                {
                    _waiting.AddLast(turn);
                }
            }

            if (victim is null)
            {
                await WaitAsync(turn, cancellationToken);
            }
            else
            {
                // Closing talks to the server, so it happens outside the lock.
                CloseIdleOf(victim);
            }
        }
    }

    private async Task WaitAsync(TaskCompletionSource turn, CancellationToken cancellationToken)
    {
        try
        {
            await turn.Task.WaitAsync(cancellationToken);
        }
        catch (OperationCanceledException)
        {
            lock (_lock)
            {
                _waiting.Remove(turn);
            }

            // A turn that came together with the cancellation goes to the next in line.
            if (turn.Task.IsCompleted)
            {
                Wake();
            }

            throw;
        }
    }

    private int Lease(TenantPool pool)
    {
        if (pool.Idle == 0)
        {
            pool.Open++;
            _open++;
        }

        pool.Leased++;
        pool.LastUsed = _time.GetUtcNow();
        return pool.Generation;
    }

    private TenantPool FindPool(TenantPlacement tenant)
    {
        string role = tenant.Role ?? throw new TenantNotReadyException(tenant.State);
        if (_pools.TryGetValue(tenant.Uid, out TenantPool? pool))
        {
            if (pool.Role == role)
            {
                return pool;
            }

            _pools.Remove(tenant.Uid);
            Retire(pool)?.DataSource.Dispose();
        }

        pool = new TenantPool(tenant.Uid, role, Build(tenant), _options.ConnectionsPerTenant);
        _pools.Add(tenant.Uid, pool);
        return pool;
    }

    private NpgsqlDataSource Build(TenantPlacement tenant)
    {
        NpgsqlConnectionStringBuilder connection = new()
        {
            Host = tenant.Host,
            Port = tenant.Port!.Value,
            Database = tenant.Database,
            Username = tenant.Role,
            Password = _cipher.Open(tenant.Uid, tenant.EncryptedPassword),
            ApplicationName = "freehold",
            SslMode = _options.SslMode,
            MaxPoolSize = _options.ConnectionsPerTenant,
            ConnectionIdleLifetime = (int)_options.IdleTimeout.TotalSeconds,
            Timeout = (int)_options.ConnectTimeout.TotalSeconds,

            // A statement's first use costs one round trip; from the second on it is prepared.
            MaxAutoPrepare = 16,
            AutoPrepareMinUsages = 2,

            // Nothing here leaves state in a session, so nothing needs to be reset.
            NoResetOnClose = true,
        };
        NpgsqlDataSourceBuilder builder = new(connection.ConnectionString);

        // Reading a database's types costs 9 ms at a tenant's first connection; the types used here are built in.
        builder.ConfigureTypeLoading(types => types.EnableTypeLoading(false));
        return builder.Build();
    }

    /// <summary>Takes the idle connections of the pool that was used least recently out of the book.</summary>
    private TenantPool? FreeLongestIdle()
    {
        TenantPool? victim = _pools.Values.Where(pool => pool.Idle > 0).MinBy(pool => pool.LastUsed);
        if (victim is not null)
        {
            TakeIdleOut(victim);
        }

        return victim;
    }

    private void TakeIdleOut(TenantPool pool)
    {
        _open -= pool.Idle;
        pool.Open = pool.Leased;
        pool.Generation++;
        if (pool.Leased == 0)
        {
            pool.Retired = true;
            _pools.Remove(pool.TenantUid);
        }
    }

    /// <summary>Takes a pool out of service. Returns it when nothing of it is in use, to be disposed outside the lock.</summary>
    private TenantPool? Retire(TenantPool pool)
    {
        pool.Retired = true;
        TakeIdleOut(pool);
        return pool.Leased == 0 ? pool : null;
    }

    private static void CloseIdleOf(TenantPool pool)
    {
        if (pool.Retired)
        {
            pool.DataSource.Dispose();
        }
        else
        {
            pool.DataSource.Clear();
        }
    }

    private void CloseIdle()
    {
        List<TenantPool> idle = [];
        lock (_lock)
        {
            DateTimeOffset limit = _time.GetUtcNow() - _options.IdleTimeout;
            foreach (TenantPool pool in _pools.Values.Where(pool => pool.Leased == 0 && pool.LastUsed <= limit).ToArray())
            {
                TakeIdleOut(pool);
                idle.Add(pool);
            }
        }

        foreach (TenantPool pool in idle)
        {
            pool.DataSource.Dispose();
        }

        Wake();
    }

    private void Wake()
    {
        TaskCompletionSource? next = null;
        lock (_lock)
        {
            if (_waiting.First is { } first)
            {
                next = first.Value;
                _waiting.RemoveFirst();
            }
        }

        next?.TrySetResult();
    }
}
