using Freehold.Neon;
using Freehold.Postgres;
using Freehold.Tenants;
using Microsoft.Extensions.Options;
using Npgsql;

namespace Freehold.Provisioning.Providers.Neon;

/// <summary>
/// Enters a project's database as the role that owns it, at the compute's own host: what is done there needs a session. A compute that
/// sleeps is woken by it, which is counted.
/// </summary>
internal sealed class NeonEntrance(CredentialCipher cipher, Wakes wakes, IOptions<NeonOptions> neon, IOptions<NeonTenancyOptions> tenancy)
{
    /// <summary>The same, of a project that has just been made.</summary>
    public Task<NpgsqlConnection> OpenNewAsync(NeonPlace place, CancellationToken cancellationToken)
    {
        wakes.Made(place.TenantUid, SleepsAfter(place));
        return OpenAsync(place, cancellationToken);
    }

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
        NpgsqlConnection owner = await OpenAsync(settings.ConnectionString, cancellationToken);
        wakes.Entered(place.TenantUid, WakeCause.Upkeep, SleepsAfter(place));
        return owner;
    }

    private TimeSpan SleepsAfter(NeonPlace place) => tenancy.Value.PlanOf(place.Plan).SleepsAfter(neon.Value);

    /// <summary>A compute that is just waking may turn the first one away.</summary>
    private static async Task<NpgsqlConnection> OpenAsync(string settings, CancellationToken cancellationToken)
    {
        try
        {
            return await ConnectAsync(settings, cancellationToken);
        }
        catch (NpgsqlException exception) when (exception.IsTransient)
        {
            return await ConnectAsync(settings, cancellationToken);
        }
    }

    private static async Task<NpgsqlConnection> ConnectAsync(string settings, CancellationToken cancellationToken)
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
