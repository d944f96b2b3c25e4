using Freehold.Neon;
using Freehold.Tenants;
using Microsoft.Extensions.Options;
using Npgsql;

namespace Freehold.Provisioning.Providers.Neon;

/// <summary>
/// Enters a project's database as the role that owns it, at the compute's own host: what is done there needs a session. A compute that
/// sleeps is woken by it.
/// </summary>
internal sealed class NeonEntrance(CredentialCipher cipher, IOptions<NeonOptions> neon, IOptions<NeonTenancyOptions> tenancy)
{
    /// <summary>Opens a connection that is nobody's but the caller's.</summary>
    public async Task<NpgsqlConnection> OpenAsync(NeonPlace place, CancellationToken cancellationToken)
    {
        NpgsqlConnectionStringBuilder settings = new()
        {
            Host = place.Host,
            Port = neon.Value.Port,
            SslMode = neon.Value.SslMode,
            Database = place.Database,
            Username = place.Owner,
            Password = cipher.Open(place.TenantUid, place.EncryptedPassword),
            ApplicationName = "freehold provisioning",
            Timeout = (int)tenancy.Value.ConnectTimeout.TotalSeconds,
            Pooling = false,
        };
        try
        {
            return await OpenAsync(settings.ConnectionString, cancellationToken);
        }
        catch (NpgsqlException exception) when (exception.IsTransient)
        {
            // A compute that is just waking may turn the first one away.
            return await OpenAsync(settings.ConnectionString, cancellationToken);
        }
    }

    private static async Task<NpgsqlConnection> OpenAsync(string settings, CancellationToken cancellationToken)
    {
        NpgsqlConnection connection = new(settings);
        try
        {
            await connection.OpenAsync(cancellationToken);
            return connection;
        }
        catch
        {
            await connection.DisposeAsync();
            throw;
        }
    }
}
