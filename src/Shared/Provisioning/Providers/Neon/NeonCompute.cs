using System.Net;
using Freehold.Neon;
using Microsoft.Extensions.Options;
using Npgsql;

namespace Freehold.Provisioning.Providers.Neon;

/// <summary>
/// A project's compute: whom it lets in, and how large it is. It is closed by disabling it, not by taking LOGIN from its roles, which would wake a
/// project that sleeps; and a disabled one no credential wakes, whoever holds it. One that is awake is sent to sleep as well, which cuts who is connected.
/// See docs/neon.md.
/// </summary>
internal sealed class NeonCompute(NeonClient client, NeonEntrance entrance, IOptions<NeonTenancyOptions> options, TimeProvider time)
{
    // Longer than the hosts trust what they know of a tenant.
    private static readonly TimeSpan DrainTime = TimeSpan.FromSeconds(8);
    private static readonly TimeSpan DrainPause = TimeSpan.FromMilliseconds(50);

    /// <summary>Lets roles connect again. Wakes nothing itself.</summary>
    public async Task EnableAsync(NeonPlace place, CancellationToken cancellationToken)
    {
        if (await FindAsync(place, cancellationToken) is { Disabled: true })
        {
            await ChangeAsync(client, place, new NeonEndpointUpdate { Disabled = false }, cancellationToken);
        }
    }

    /// <summary>Lets nobody connect any more, after the service's own role has come to the end of what it was at.</summary>
    public async Task DisableAsync(NeonPlace place, string runtimeRole, CancellationToken cancellationToken)
    {
        if (await FindAsync(place, cancellationToken) is not { } compute)
        {
            return;
        }

        bool sleeps = Sleeps(compute);
        if (!sleeps && !compute.Disabled)
        {
            await DrainAsync(place, runtimeRole, cancellationToken);
        }

        if (!compute.Disabled)
        {
            await ChangeAsync(client, place, new NeonEndpointUpdate { Disabled = true }, cancellationToken);
        }

        if (!sleeps)
        {
            await SuspendAsync(client, place, cancellationToken);
        }
    }

    /// <summary>Sends it to sleep. It has been entered just now, and is awake: that is not asked.</summary>
    public Task RestAsync(NeonPlace place, CancellationToken cancellationToken) =>
        SuspendAsync(client.For(NeonPriority.Background), place, cancellationToken);

    /// <summary>Gives it these sizes, unless it has them: it would be woken for nothing.</summary>
    public async Task ResizeAsync(NeonPlace place, NeonComputeSettings sizes, CancellationToken cancellationToken)
    {
        if (await FindAsync(place, cancellationToken) is { } compute
            && (compute.AutoscalingLimitMinCu, compute.AutoscalingLimitMaxCu, compute.SuspendTimeoutSeconds)
                != (sizes.AutoscalingLimitMinCu, sizes.AutoscalingLimitMaxCu, sizes.SuspendTimeoutSeconds))
        {
            NeonEndpointUpdate update = new()
            {
                AutoscalingLimitMinCu = sizes.AutoscalingLimitMinCu,
                AutoscalingLimitMaxCu = sizes.AutoscalingLimitMaxCu,
                SuspendTimeoutSeconds = sizes.SuspendTimeoutSeconds,
            };
            await ChangeAsync(client.For(NeonPriority.Background), place, update, cancellationToken);
        }
    }

    private static bool Sleeps(NeonEndpoint compute) => compute.CurrentState == "idle";

    /// <returns>Null when the project is deleted.</returns>
    private async Task<NeonEndpoint?> FindAsync(NeonPlace place, CancellationToken cancellationToken)
    {
        try
        {
            return (await client.ListEndpointsAsync(place.ProjectId!, cancellationToken)).FirstOrDefault(compute => compute.Id == place.EndpointId);
        }
        catch (NeonException exception) when (exception.Status == HttpStatusCode.NotFound)
        {
            return null;
        }
    }

    private async Task ChangeAsync(NeonClient by, NeonPlace place, NeonEndpointUpdate update, CancellationToken cancellationToken)
    {
        NeonEndpointChange change = await by.UpdateEndpointAsync(place.ProjectId!, place.EndpointId!, update, cancellationToken);
        await by.WaitAsync(place.ProjectId!, change.Operations, time.GetUtcNow() + options.Value.Patience, cancellationToken);
    }

    private async Task SuspendAsync(NeonClient by, NeonPlace place, CancellationToken cancellationToken)
    {
        NeonEndpointChange change = await by.SuspendEndpointAsync(place.ProjectId!, place.EndpointId!, cancellationToken);
        await by.WaitAsync(place.ProjectId!, change.Operations, time.GetUtcNow() + options.Value.Patience, cancellationToken);
    }

    private async Task DrainAsync(NeonPlace place, string runtimeRole, CancellationToken cancellationToken)
    {
        try
        {
            long started = time.GetTimestamp();
            await using NpgsqlConnection owner = await entrance.OpenAsync(place, cancellationToken);

            // Idle sessions are the pooler's, and stay.
            await using NpgsqlCommand command = new(
                "select count(*) from pg_stat_activity where datname = current_database() and usename = $1 and state <> 'idle'", owner);
            command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = runtimeRole });
            while (await command.ExecuteScalarAsync(cancellationToken) is > 0L && time.GetElapsedTime(started) < DrainTime)
            {
                await Task.Delay(DrainPause, time, cancellationToken);
            }
        }
        catch (NpgsqlException)
        {
            // It sleeps by now, or is over its quota: nobody is connected.
        }
    }
}
