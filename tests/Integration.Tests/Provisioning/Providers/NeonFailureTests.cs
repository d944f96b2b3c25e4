using Freehold.Integration.Tests.Fixtures;
using Freehold.Neon.Simulator;
using Freehold.Provisioning;
using Freehold.Provisioning.Providers.Neon;
using Freehold.Tenants;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;

namespace Freehold.Integration.Tests.Provisioning.Providers;

/// <summary>What becomes of a tenant whose project Neon does not make, or not in time.</summary>
public sealed class NeonFailureTests(NeonFixture neon) : IClassFixture<NeonFixture>
{
    [ServerFact]
    public async Task Wait_for_a_project_that_takes_long_is_resumed_and_makes_no_other()
    {
        FakeTimeProvider time = new(DateTimeOffset.UtcNow);
        NeonFixture slow = new() { NeonTime = time };
        await slow.InitializeAsync();
        try
        {
            await using ServiceProvider hasty = slow.Build(new() { ["Provisioning:Neon:Patience"] = "00:00:00.1" });
            CreatedTenant created = await hasty.GetRequiredService<CreateTenant>().RunAsync(
                new NewTenant(NeonFixture.NewId()), Caller.Admin(), TimeSpan.FromSeconds(30), default);
            Assert.False(created.Active);
            Assert.Contains(
                "did not get ready in time",
                await slow.FailureAsync(created.Operation),
                StringComparison.Ordinal);

            time.Advance(TimeSpan.FromSeconds(1));
            await slow.RunDueAsync(created.Operation);

            Assert.Equal(TenantState.Active, (await slow.Freehold.PlacementAsync(created.Tenant)).State);
            Assert.Single(slow.Neon.Requests, request => request is { Method: "POST", Route: "projects" });
        }
        finally
        {
            await slow.DisposeAsync();
        }
    }

    [ServerFact]
    public async Task Project_whose_making_failed_is_deleted_and_another_is_made()
    {
        neon.Neon.Faults.Then(new Fault(FaultKind.OperationFails) { Method = "POST", Route = "projects" });
        CreatedTenant created = await neon.Get<CreateTenant>().RunAsync(
            new NewTenant(NeonFixture.NewId()), Caller.Admin(), TimeSpan.FromSeconds(30), default);
        Assert.False(created.Active);
        string database = (await neon.Freehold.PlacementAsync(created.Tenant)).Database!;
        Assert.DoesNotContain(database, neon.Neon.Projects.Values);

        // At Neon, what is in a deleted project is in nobody's way; the simulator has one server for all.
        await neon.Neon.PurgeAsync();
        await neon.RunDueAsync(created.Operation);

        Assert.Equal("done", await neon.StateAsync(created.Operation));
        Assert.Single(neon.Neon.Projects.Values, name => name == database);
    }

    [ServerFact]
    public async Task Host_that_comes_late_forgets_and_settles_no_other_project_than_its_own()
    {
        TenantPlacement tenant = await neon.ProvisionAsync();
        NeonPlaces places = neon.Get<NeonPlaces>();
        NeonPlace place = await places.RequireAsync(tenant.Database!, default);
        await neon.CatalogAsync<object>($"update catalog.neon_projects set pending = array['1'] where project_id = '{place.ProjectId}' returning 1");

        NeonPlace former = place with { ProjectId = "former" };
        await places.SettleAsync(former, default);
        Assert.False(await places.ForgetAsync(former, default));
        Assert.False(await places.ForgetAsync(place with { ProjectId = null }, default));

        NeonPlace left = await places.RequireAsync(tenant.Database!, default);
        Assert.Equal(["1"], left.Pending);
        await places.SettleAsync(left, default);
        Assert.Empty((await places.RequireAsync(tenant.Database!, default)).Pending);
    }

    [ServerFact]
    public async Task Limit_of_the_account_and_a_refused_key_fail_at_once_with_what_to_do()
    {
        neon.Neon.Faults.Then(new Fault(FaultKind.ProjectsLimit) { Method = "POST" });
        CreatedTenant full = await neon.Get<CreateTenant>().RunAsync(
            new NewTenant(NeonFixture.NewId()), Caller.Admin(), TimeSpan.FromSeconds(30), default);
        Assert.Equal("failed", await neon.StateAsync(full.Operation));
        Assert.Contains("PROJECTS_LIMIT_EXCEEDED", await neon.FailureAsync(full.Operation), StringComparison.Ordinal);
        Assert.Equal("failed", await neon.CatalogAsync<string>($"select state from catalog.tenants where id = '{full.Tenant}'"));

        await using ServiceProvider stranger = neon.Build(new() { ["Provisioning:Neon:ApiKey"] = "napi_other" });
        CreatedTenant refused = await stranger.GetRequiredService<CreateTenant>().RunAsync(
            new NewTenant(NeonFixture.NewId()), Caller.Admin(), TimeSpan.FromSeconds(30), default);
        Assert.Equal("failed", await neon.StateAsync(refused.Operation));
        Assert.Contains("Provisioning:Neon:ApiKey", await neon.FailureAsync(refused.Operation), StringComparison.Ordinal);

        // Somebody has done something.
        Guid retried = await neon.Get<RetryOperation>().RunAsync(full.Tenant, Caller.Admin(), default);
        await neon.RunDueAsync(retried);
        Assert.Equal("done", await neon.StateAsync(retried));
    }
}
