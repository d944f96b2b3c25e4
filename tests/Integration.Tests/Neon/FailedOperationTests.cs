using Freehold.Integration.Tests.Fixtures;
using Freehold.Neon.Simulator;
using Freehold.Provisioning;
using Freehold.Provisioning.Spares;
using Freehold.Tenants;
using Microsoft.Extensions.DependencyInjection;

namespace Freehold.Integration.Tests.Neon;

/// <summary>Operations of Neon's that come to nothing: the next attempt starts others. What a claim leaves to be done.</summary>
public sealed class FailedOperationTests : IAsyncLifetime
{
    private static readonly Dictionary<string, string?> PoolAndQuota = new()
    {
        ["Provisioning:WarmPool:Size"] = "1",
        ["Provisioning:Neon:Plans:0:Name"] = "standard",
        ["Provisioning:Neon:Plans:0:StoredBytes"] = "1000000000",
    };

    private readonly NeonFixture _neon = new();

    public Task InitializeAsync() => _neon.InitializeAsync();

    public Task DisposeAsync() => _neon.DisposeAsync();

    [ServerFact]
    public async Task Project_whose_making_failed_and_whose_deletion_was_not_answered_is_replaced()
    {
        _neon.Neon.Faults.Then(new Fault(FaultKind.OperationFails) { Method = "POST", Route = "projects" })
            .Then(new Fault(FaultKind.CutAfter) { Method = "DELETE" });
        CreatedTenant created = await _neon.Get<CreateTenant>().RunAsync(
            new NewTenant(NeonFixture.NewId()), Caller.Admin(), TimeSpan.FromSeconds(30), default);
        Assert.False(created.Active);

        // The first finds that it is gone, the second makes another.
        await _neon.RunDueAsync(created.Operation);
        await _neon.RunDueAsync(created.Operation);

        Assert.Equal("done", await StateAsync(created.Operation));
        await _neon.AssertEveryProjectIsOwnedAsync();
    }

    [ServerFact]
    public async Task Terms_whose_operation_failed_are_applied_by_the_next_attempt()
    {
        await using ServiceProvider host = _neon.Build(PoolAndQuota);
        await host.GetRequiredService<FillWarmPool>().RunAsync(default);
        CreatedTenant created = await ClaimAsync(host, "standard");
        _neon.Neon.Faults.Then(new Fault(FaultKind.OperationFails) { Method = "PATCH", Route = "projects/{project}" });

        await _neon.RunDueAsync(created.Operation, host);
        Assert.Equal("queued", await StateAsync(created.Operation));
        await _neon.RunDueAsync(created.Operation, host);

        Assert.Equal("done", await StateAsync(created.Operation));
    }

    [ServerFact]
    public async Task Claim_for_a_plan_without_terms_leaves_nothing_to_be_done()
    {
        await using ServiceProvider host = _neon.Build(PoolAndQuota);
        await host.GetRequiredService<FillWarmPool>().RunAsync(default);
        int before = _neon.Neon.Requests.Count;

        CreatedTenant created = await ClaimAsync(host, "enterprise");

        Assert.True(created.Active);
        Assert.Equal("done", await StateAsync(created.Operation));
        Assert.Equal(before, _neon.Neon.Requests.Count);
    }

    private static Task<CreatedTenant> ClaimAsync(ServiceProvider host, string plan) =>
        host.GetRequiredService<CreateTenant>().RunAsync(new NewTenant(NeonFixture.NewId(), Plan: plan), Caller.Admin(), TimeSpan.Zero, default);

    private Task<string> StateAsync(Guid operation) => _neon.CatalogAsync<string>($"select state from catalog.operations where id = '{operation}'");
}
