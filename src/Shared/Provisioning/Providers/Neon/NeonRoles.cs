using Npgsql;

namespace Freehold.Provisioning.Providers.Neon;

/// <summary>
/// Roles in a project's database, made by SQL at the compute's own host. A role that Neon's API makes may do nearly everything in its project (it is
/// a member of <c>neon_superuser</c>); these may do what is granted to them, and no more.
/// </summary>
internal sealed class NeonRoles(NeonPlaces places, NeonEntrance entrance, RoleSql sql) : IDatabaseRoles
{
    /// <inheritdoc/>
    public Task CreateRuntimeAsync(TenantDatabase database, CancellationToken cancellationToken) =>
        ExecuteAsync(database.Name, sql.Runtime(database), cancellationToken);

    /// <inheritdoc/>
    public Task CreateOwnAsync(TenantDatabase database, int connections, CancellationToken cancellationToken) =>
        ExecuteAsync(database.Name, sql.Own(database, connections), cancellationToken);

    /// <inheritdoc/>
    public Task LimitAsync(string database, string role, int connections, CancellationToken cancellationToken) =>
        ExecuteAsync(database, RoleSql.Limit(role, connections), cancellationToken);

    /// <inheritdoc/>
    public async Task DropAsync(string? database, string role, CancellationToken cancellationToken)
    {
        // With the project its roles are gone.
        if (database is not null && await places.FindAsync(database, cancellationToken) is { ProjectId: not null } place)
        {
            await ExecuteAsync(
                place,
                $"""
                do $$ begin
                    if exists (select from pg_roles where rolname = '{role}') then
                        alter role {role} nologin;
                        grant {role} to current_user;
                        perform pg_terminate_backend(pid) from pg_stat_activity where usename = '{role}';
                        drop owned by {role};
                        drop role {role};
                    end if;
                end $$
                """,
                cancellationToken);
        }
    }

    private async Task ExecuteAsync(string database, string text, CancellationToken cancellationToken) =>
        await ExecuteAsync(
            await places.FindAsync(database, cancellationToken) ?? throw new DatabaseGoneException(database), text, cancellationToken);

    private async Task ExecuteAsync(NeonPlace place, string text, CancellationToken cancellationToken)
    {
        await using NpgsqlConnection owner = await entrance.OpenAsync(place, cancellationToken);
#pragma warning disable CA2100 // Names are ours; see RoleSql.
        await using NpgsqlCommand command = new(text, owner);
#pragma warning restore CA2100
        await command.ExecuteNonQueryAsync(cancellationToken);
    }
}
