using Freehold.Postgres;

namespace Freehold.Provisioning.Providers;

/// <summary>
/// Statements about the roles that enter one tenant's database. Names are ours (t_ and hexadecimal digits), verifiers are base64 and passwords
/// base64url: nothing in them comes from a user.
/// </summary>
/// <param name="clearPasswords">
/// Whether the server is told the password itself. Neon takes nothing else: it hands the role on to its own control plane, which refuses a verifier ("Neon only
/// supports being given plaintext passwords"). The statement travels by TLS.
/// </param>
/// <param name="statementTimeout">How long one statement of a tenant's own role may take.</param>
internal sealed class RoleSql(bool clearPasswords, TimeSpan statementTimeout)
{
    /// <summary>Makes a role that serves in the database, or gives the one that is there this password.</summary>
    public string Runtime(TenantDatabase database) => Make(database, SchemaOwner.Runtime, ScramVerifier.FewestIterations);

    /// <summary>Makes a role that reads the database, within limits.</summary>
    public string Own(TenantDatabase database, int connections) =>
        $"""
        {Make(database, SchemaOwner.Reader, ScramVerifier.UsualIterations)}
        alter role {database.Role} set default_transaction_read_only = on;
        alter role {database.Role} set statement_timeout = '{(long)statementTimeout.TotalMilliseconds}ms';
        alter role {database.Role} connection limit {connections};
        """;

    /// <summary>Sets how many connections a role may have, if it is there.</summary>
    public static string Limit(string role, int connections) =>
        $"""
        do $$ begin
            if exists (select from pg_roles where rolname = '{role}') then
                alter role {role} connection limit {connections};
            end if;
        end $$
        """;

    private string Make(TenantDatabase database, string rights, int iterations) =>
        $"""
        do $$ begin
            if not exists (select from pg_roles where rolname = '{database.Role}') then
                create role {database.Role} login;
            end if;
        end $$;
        alter role {database.Role} password '{(clearPasswords ? database.Password : ScramVerifier.Make(database.Password, iterations))}';
        alter role {database.Role} set jit = off;
        grant {rights} to {database.Role};
        grant connect on database {database.Name} to {database.Role};
        """;
}
