using Npgsql;

namespace Freehold.Postgres;

/// <summary>One tenant's connections, with the book that <see cref="ConnectionBook"/> keeps of them, under its lock.</summary>
internal sealed class TenantPool(Guid tenantUid, string role, TenantRoute route, NpgsqlDataSource dataSource, int places)
{
    private readonly Lock _resizing = new();
    private int _places = places;
    private int _owed;

    public Guid TenantUid { get; } = tenantUid;

    /// <summary>The role it enters as; a pool of another role is out of date.</summary>
    public string Role { get; } = role;

    public TenantRoute Route { get; } = route;

    /// <summary>Name of the tenant's plan, as last seen.</summary>
    public required string Plan { get; set; }

    public NpgsqlDataSource DataSource { get; } = dataSource;

    /// <summary>How many more connections the tenant may lease now.</summary>
    public SemaphoreSlim Places { get; } = new(places);

    /// <summary>Connections in use.</summary>
    public int Leased { get; set; }

    /// <summary>Connections that may be open: never fewer than the driver holds.</summary>
    public int Open { get; set; }

    /// <summary>Counts the clearings. A connection opened before one is closed, not kept, when it comes back.</summary>
    public int Generation { get; set; }

    public DateTimeOffset LastUsed { get; set; }

    /// <summary>No new leases: the pool is closed as soon as it is unused.</summary>
    public bool Retired { get; set; }

    public int Idle => Open - Leased;

    /// <summary>
    /// Closes what the book has taken out. Talks to a server, so it happens outside the book's lock. A pool in use is closed when its
    /// last connection comes back.
    /// </summary>
    public void CloseIdle()
    {
        if (this is { Retired: true, Leased: 0 })
        {
            DataSource.Dispose();
        }
        else
        {
            DataSource.Clear();
        }
    }

    /// <summary>Gives a place back.</summary>
    public void Leave()
    {
        lock (_resizing)
        {
            if (_owed > 0)
            {
                _owed--;
            }
            else
            {
                Places.Release();
            }
        }
    }

    /// <summary>Makes it so many places. Who has one keeps it; what is taken is taken away as it comes back.</summary>
    public void Resize(int wanted)
    {
        if (wanted == Volatile.Read(ref _places))
        {
            return;
        }

        lock (_resizing)
        {
            for (; _places > wanted; _places--)
            {
                _owed += Places.Wait(0) ? 0 : 1;
            }

            for (; _places < wanted; _places++)
            {
                Leave();
            }
        }
    }
}
