using Npgsql;

namespace Freehold.Provisioning.Providers;

/// <summary>
/// What makes tenants' databases, and enters them for what the service itself may not: their owner's work. Every call asks first
/// what is there already, so each can be repeated after a crash. A database is known by its name alone, which no other has.
/// </summary>
internal interface IDatabaseProvider
{
    /// <summary>Its name in the catalog and in the settings.</summary>
    string Name { get; }

    /// <summary>Schema version of new databases.</summary>
    int SchemaVersion { get; }

    /// <summary>Id of the model whose vectors new databases hold.</summary>
    string EmbeddingModel { get; }

    /// <summary>What a new database is a copy of. A database of the warm pool that is a copy of anything else is no new one any more.</summary>
    string Template { get; }

    /// <summary>Where all of its databases are; null when that is known of each only once it is made.</summary>
    DatabaseAddress? Address { get; }

    /// <summary>Whether a plan has terms of its own, which a database of the warm pool gets only after it has been taken.</summary>
    bool HasTerms(string plan);

    /// <summary>Whether roles are its own, and listed; where they are in databases, nobody looks for them, and those of a closed one cannot be changed.</summary>
    bool ListsRoles { get; }

    /// <summary>Roles in its databases.</summary>
    IDatabaseRoles Roles { get; }

    /// <summary>Makes ready what is needed before the first database.</summary>
    Task PrepareAsync(CancellationToken cancellationToken);

    /// <summary>Makes the database at the newest schema, closed to everyone, if it is not there.</summary>
    /// <returns>Where it is.</returns>
    Task<DatabaseAddress> CreateDatabaseAsync(TenantDatabase database, DatabaseTerms terms, CancellationToken cancellationToken);

    /// <summary>Gives the database its role, and opens it to that role alone.</summary>
    Task OpenDatabaseAsync(TenantDatabase database, CancellationToken cancellationToken);

    /// <summary>Leaves a database that is made to wait for its tenant.</summary>
    Task RestAsync(TenantDatabase database, CancellationToken cancellationToken);

    /// <summary>Gives a database what its tenant's plan says of it.</summary>
    Task ApplyTermsAsync(string database, DatabaseTerms terms, CancellationToken cancellationToken);

    /// <summary>Lets the database's roles connect.</summary>
    Task OpenAccessAsync(string database, CancellationToken cancellationToken);

    /// <summary>
    /// Lets nobody connect any more. What the service's own role is at may end, and its hosts get the time to close what they
    /// hold; everybody else is sent away at once.
    /// </summary>
    Task CloseAccessAsync(string database, string runtimeRole, CancellationToken cancellationToken);

    /// <summary>Brings a database to the newest schema.</summary>
    /// <returns>The version then reached.</returns>
    Task<int> MigrateAsync(string database, CancellationToken cancellationToken);

    /// <summary>Enters a database past its pool, as the owner of its tables.</summary>
    Task<NpgsqlConnection> OpenAsOwnerAsync(string database, CancellationToken cancellationToken);

    /// <summary>Those of these databases that are there, and of these roles, where they are listed.</summary>
    Task<DatabaseInventory> FindAsync(IReadOnlyList<string> databases, IReadOnlyList<string> roles, CancellationToken cancellationToken);

    /// <summary>Some of what an installation has, in an order that stays. Connects to no tenant's database.</summary>
    /// <param name="mark">The installation's mark.</param>
    /// <param name="after">Where the page before ended; null for the first.</param>
    /// <param name="cancellationToken">Stops.</param>
    Task<InventoryPage> ListAsync(string mark, string? after, CancellationToken cancellationToken);

    /// <summary>Removes the database and its role, whoever is connected.</summary>
    Task RemoveAsync(string database, string role, CancellationToken cancellationToken);

    /// <summary>Removes a database that nobody owns, whoever is connected.</summary>
    Task DropDatabaseAsync(string database, CancellationToken cancellationToken);

    /// <summary>Until when it could still recover a database that was removed then.</summary>
    ProviderRecovery RecoveryOf(DateTimeOffset removedAt);

    /// <summary>What databases used, by the provider's own count, day by day (UTC); nothing where it counts nothing. Connects to no database.</summary>
    /// <param name="databases">Names of up to 100 databases.</param>
    /// <param name="from">The first day.</param>
    /// <param name="to">The last day.</param>
    /// <param name="cancellationToken">Stops.</param>
    Task<IReadOnlyList<DatabaseConsumption>> ReadConsumptionAsync(
        IReadOnlyList<string> databases, DateOnly from, DateOnly to, CancellationToken cancellationToken);

    /// <summary>How psql and drivers reach the database with this role.</summary>
    Task<string> UriOfAsync(TenantDatabase database, CancellationToken cancellationToken);
}

/// <summary>Roles in the databases of a provider. Every call asks first what is there already.</summary>
internal interface IDatabaseRoles
{
    /// <summary>Makes a role that serves in the database, or gives the one that is there this password.</summary>
    Task CreateRuntimeAsync(TenantDatabase database, CancellationToken cancellationToken);

    /// <summary>Makes a role that reads the database, within limits.</summary>
    Task CreateOwnAsync(TenantDatabase database, int connections, CancellationToken cancellationToken);

    /// <summary>Sets how many connections a role may have, if it is there.</summary>
    Task LimitAsync(string database, string role, int connections, CancellationToken cancellationToken);

    /// <summary>Drops a role of ours, whoever is connected as it, with its right to enter databases that stay.</summary>
    /// <param name="database">Its database, or null where there is no such database any more.</param>
    /// <param name="role">The role.</param>
    /// <param name="cancellationToken">Stops between two steps.</param>
    Task DropAsync(string? database, string role, CancellationToken cancellationToken);
}
