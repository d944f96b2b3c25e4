namespace Freehold.Postgres;

/// <summary>
/// Who has how many connections, under one budget. Whoever finds it spent queues; what comes free goes to the first in the queue,
/// at the cost of the connections that have been idle longest. Opens and closes nothing itself: it says what is to be closed.
/// </summary>
internal sealed class ConnectionBook(int budget, TimeProvider time)
{
    private readonly Lock _lock = new();
    private readonly Dictionary<Guid, TenantPool> _pools = [];
    private readonly LinkedList<Waiter> _waiting = [];

    // A server needs milliseconds to end a session, and whoever enters it meanwhile pays for that. So a tenth of the budget is free
    // before it is asked for; of a small budget, nothing.
    private readonly int _spare = budget / 10;
    private int _open;
    private int _closing;

    /// <summary>Connections that may be open now, over all tenants, with those that are being closed.</summary>
    public int Open => Volatile.Read(ref _open);

    /// <summary>Whether not more than half of what is kept free is left.</summary>
    public bool IsTight => Open >= budget - (_spare / 2);

    /// <summary>The tenant's pool, made by <paramref name="make"/> where there is none for the role.</summary>
    public TenantPool Find(Guid tenantUid, string role, Func<TenantPool> make, List<TenantPool> toClose)
    {
        lock (_lock)
        {
            if (_pools.TryGetValue(tenantUid, out TenantPool? pool))
            {
                if (pool.Role == role)
                {
                    return pool;
                }

                Retire(pool, toClose);
            }

            return _pools[tenantUid] = make();
        }
    }

    /// <summary>Takes a connection of the budget for a pool, or queues for one.</summary>
    /// <returns>A waiter whose task says whether it was granted: false when the pool was retired.</returns>
    public Waiter Ask(TenantPool pool, List<TenantPool> toClose)
    {
        Waiter waiter = new(pool);
        lock (_lock)
        {
            // An idle connection of the tenant's own costs nobody anything; anything else waits behind whoever came before.
            if (pool.Retired || pool.Idle > 0)
            {
                Grant(waiter);
            }
            else
            {
                _waiting.AddLast(waiter);
            }
        }

        Serve(toClose);
        return waiter;
    }

    /// <summary>Leaves the queue.</summary>
    /// <returns>False when a connection has been granted meanwhile, and has to be given back.</returns>
    public bool Withdraw(Waiter waiter)
    {
        lock (_lock)
        {
            return _waiting.Remove(waiter);
        }
    }

    /// <summary>The pool's clearings so far, for a connection that has just been opened.</summary>
    public int GenerationOf(TenantPool pool)
    {
        lock (_lock)
        {
            return pool.Generation;
        }
    }

    /// <summary>Takes a connection back.</summary>
    /// <param name="pool">Its pool.</param>
    /// <param name="kept">Whether the driver keeps it open.</param>
    /// <param name="generation">The pool's clearings when it was opened.</param>
    /// <param name="toClose">What is to be closed for whom it goes to.</param>
    public void Return(TenantPool pool, bool kept, int generation, List<TenantPool> toClose)
    {
        lock (_lock)
        {
            pool.Leased--;
            if (!kept || pool.Retired || generation != pool.Generation)
            {
                pool.Open--;
                _open--;
            }

            if (pool is { Retired: true, Leased: 0 })
            {
                toClose.Add(pool);
            }
        }

        Serve(toClose);
    }

    /// <summary>Whether a tenant has a connection.</summary>
    public bool IsOpen(Guid tenantUid)
    {
        lock (_lock)
        {
            return _pools.TryGetValue(tenantUid, out TenantPool? pool) && pool.Open > 0;
        }
    }

    /// <summary>Tenants with a pool, and the role that each enters as.</summary>
    public IReadOnlyDictionary<Guid, string> Roles()
    {
        lock (_lock)
        {
            return _pools.ToDictionary(pool => pool.Key, pool => pool.Value.Role);
        }
    }

    /// <summary>Takes a tenant's pool out of service.</summary>
    public void Retire(Guid tenantUid, List<TenantPool> toClose)
    {
        lock (_lock)
        {
            if (_pools.TryGetValue(tenantUid, out TenantPool? pool))
            {
                Retire(pool, toClose);
            }
        }

        Serve(toClose);
    }

    /// <summary>Takes pools out of service that nobody has used since a moment, each its own.</summary>
    public void RetireUnused(Func<TenantPool, DateTimeOffset> since, List<TenantPool> toClose) =>
        Retire(pool => pool.Leased == 0 && pool.LastUsed <= since(pool), toClose);

    /// <summary>Takes every pool out of service.</summary>
    public void RetireAll(List<TenantPool> toClose) => Retire(_ => true, toClose);

    /// <summary>Takes the connections that have been idle longest out of service, if there are so many that the next to come would wait for that.</summary>
    /// <returns>Whose and how many they are, for <see cref="MakeFree"/>; null when there is room, or none is idle.</returns>
    public (TenantPool Pool, int Connections)? TakeSurplus()
    {
        lock (_lock)
        {
            if (_open - _closing <= budget - _spare || FindIdlest() is not { } pool)
            {
                return null;
            }

            int connections = pool.Idle;
            TakeIdleOut(pool);
            _closing += connections;
            return (pool, connections);
        }
    }

    /// <summary>What <see cref="TakeSurplus"/> took out is closed, and its places are free.</summary>
    public void MakeFree(int connections, List<TenantPool> toClose)
    {
        lock (_lock)
        {
            _closing -= connections;
            _open -= connections;
        }

        Serve(toClose);
    }

    private void Serve(List<TenantPool> toClose)
    {
        lock (_lock)
        {
            while (_waiting.First is { } first && (first.Value.Pool.Retired || HasRoomFor(first.Value.Pool, toClose)))
            {
                _waiting.RemoveFirst();
                Grant(first.Value);
            }
        }
    }

    private bool HasRoomFor(TenantPool pool, List<TenantPool> toClose)
    {
        if (_spare == 0 && pool.Idle == 0 && _open >= budget && FindIdlest() is { } victim)
        {
            CloseIdle(victim, toClose);
        }

        return pool.Idle > 0 || _open < budget;
    }

    private void Grant(Waiter waiter)
    {
        TenantPool pool = waiter.Pool;
        if (!pool.Retired)
        {
            if (pool.Idle == 0)
            {
                pool.Open++;
                _open++;
            }

            pool.Leased++;
            pool.LastUsed = time.GetUtcNow();
        }

        waiter.Granted.SetResult(!pool.Retired);
    }

    private void Retire(Func<TenantPool, bool> which, List<TenantPool> toClose)
    {
        lock (_lock)
        {
            foreach (TenantPool pool in _pools.Values.Where(which).ToArray())
            {
                Retire(pool, toClose);
            }
        }

        Serve(toClose);
    }

    private void Retire(TenantPool pool, List<TenantPool> toClose)
    {
        pool.Retired = true;
        _pools.Remove(pool.TenantUid);
        CloseIdle(pool, toClose);
    }

    private TenantPool? FindIdlest() => _pools.Values.Where(pool => pool.Idle > 0).MinBy(pool => pool.LastUsed);

    private void CloseIdle(TenantPool pool, List<TenantPool> toClose)
    {
        _open -= pool.Idle;
        TakeIdleOut(pool);
        toClose.Add(pool);
    }

    private void TakeIdleOut(TenantPool pool)
    {
        pool.Open = pool.Leased;
        pool.Generation++;
        if (pool.Leased == 0)
        {
            pool.Retired = true;
            _pools.Remove(pool.TenantUid);
        }
    }
}
