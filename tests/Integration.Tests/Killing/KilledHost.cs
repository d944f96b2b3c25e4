using System.Text.Json;
using Freehold.Integration.Tests.Fixtures;
using Freehold.Provisioning;
using Freehold.Provisioning.Evaluations;
using Freehold.Provisioning.Fleet;
using Freehold.Provisioning.ModelChange;
using Freehold.Provisioning.Spares;
using Freehold.Provisioning.VectorIndexes;
using Freehold.Tenants;
using Microsoft.Extensions.DependencyInjection;

namespace Freehold.Integration.Tests.Killing;

/// <summary>
/// The process that the kill tests start and kill: one use case on the real servers, or, as a host that starts again, all that was left
/// undone. Its settings come from the environment.
/// </summary>
internal static class KilledHost
{
    /// <summary>Settings of the host, in JSON.</summary>
    public const string SettingsVariable = "FREEHOLD_KILL_SETTINGS";

    private static readonly TimeSpan Wait = TimeSpan.FromSeconds(60);

    public static async Task<int> Main(string[] arguments)
    {
        Dictionary<string, string?> settings = JsonSerializer.Deserialize<Dictionary<string, string?>>(
            Environment.GetEnvironmentVariable(SettingsVariable) ?? "{}")!;
        await using ServiceProvider host = FreeholdFixture.Compose(settings);
        (string action, string argument, int killAt) = (arguments[0], arguments[1], int.Parse(arguments[2], System.Globalization.CultureInfo.InvariantCulture));

        // The catalog is there: what a host does before it serves is not what is killed here.
        using Executioner executioner = new(killAt);
        await RunAsync(host, action, argument);
        return 0;
    }

    private static Task RunAsync(ServiceProvider host, string action, string argument) => action switch
    {
        "provision" => Get<CreateTenant>(host).RunAsync(new NewTenant(argument), Caller.Admin(argument), Wait, default),
        "purge" => PurgeAsync(host, TenantId.Parse(argument)),
        "rotate-credentials" => RotateAsync(host, TenantId.Parse(argument)),
        "issue-credentials" => Get<TenantCredentials>(host).IssueAsync(TenantId.Parse(argument), default),
        "rotate-keys" => RotateKeysAsync(host),
        "suspend" => Get<ChangeTenant>(host).RunAsync(TenantId.Parse(argument), TenantChange.Suspend, Caller.Admin(), Wait, default),
        "move" => Get<ChangeTenant>(host).RunAsync(TenantId.Parse(argument), TenantChange.MoveTo("neon"), Caller.Admin(), Wait, default),
        "change-model" => Get<ChangeTenant>(host).RunAsync(
            TenantId.Parse(argument), Get<EstimateModelChange>(host).ChangeTo(WordServer.Model), Caller.Admin(), Wait, default),
        "build-index" => BuildIndexAsync(host),
        "evaluate" => EvaluateAsync(host, TenantId.Parse(argument)),
        "fill-warm-pool" => Get<FillWarmPool>(host).RunAsync(default),
        "reconcile" => Get<Reconcile>(host).RunAsync(default),
        "run" => Get<RunOperation>(host).RunAsync(Guid.Parse(argument), default),
        "restart" => ResumeAsync(host),
        _ => throw new ArgumentException(action, nameof(action)),
    };

    private static async Task PurgeAsync(ServiceProvider host, TenantId tenant)
    {
        StartedOperation deletion = await Get<DeleteTenant>(host).RunAsync(tenant, purge: true, Caller.Admin(), TimeSpan.Zero, default);
        await Get<RunOperation>(host).RunAsync(deletion.Id, default);
    }

    private static async Task RotateAsync(ServiceProvider host, TenantId tenant)
    {
        await Get<ChangeTenant>(host).RunAsync(tenant, TenantChange.RotateCredentials, Caller.Admin(), Wait, default);
        await Task.Delay(Get<Microsoft.Extensions.Options.IOptions<ProvisioningOptions>>(host).Value.CredentialOverlap);
        await Get<RetireRoles>(host).RunAsync(default);
    }

    private static async Task EvaluateAsync(ServiceProvider host, TenantId tenant) => await Get<StartEvaluation>(host).RunAsync(
        (await Get<TenantCatalog>(host).FindPlacementAsync(tenant, default))!,
        new([new("walnuts", [new("a.txt")]), new("figs", [new("a.txt")])], Modes: ["lexical"]),
        Wait,
        default);

    private static async Task BuildIndexAsync(ServiceProvider host)
    {
        foreach (Guid operation in await Get<OrderIndexes>(host).RunAsync(default))
        {
            await Get<RunOperation>(host).RunAsync(operation, default);
        }
    }

    private static async Task RotateKeysAsync(ServiceProvider host)
    {
        Guid operation = await Get<RotateKeys>(host).StartAsync(Caller.Admin(), default);
        await Get<RunOperation>(host).RunAsync(operation, default);
    }

    /// <summary>What the timers and the queue do, until nothing is left to do.</summary>
    private static async Task ResumeAsync(ServiceProvider host)
    {
        while (await Undone.CountAsync(Get<CatalogDatabase>(host)) > 0)
        {
            foreach (Guid operation in await Get<ResumeOperations>(host).RunAsync(default))
            {
                await Get<RunOperation>(host).RunAsync(operation, default);
            }

            await Get<RetireRoles>(host).RunAsync(default);
            await Get<FillWarmPool>(host).RunAsync(default);
            await Task.Delay(50);
        }
    }

    private static T Get<T>(ServiceProvider host)
        where T : notnull => host.GetRequiredService<T>();
}
