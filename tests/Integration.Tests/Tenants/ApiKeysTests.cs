using System.Diagnostics;
using Freehold.Integration.Tests.Fixtures;
using Freehold.Tenants;

namespace Freehold.Integration.Tests.Tenants;

public sealed class ApiKeysTests(FreeholdFixture freehold) : IClassFixture<FreeholdFixture>
{
    private static readonly Dictionary<string, string?> AsShipped = new() { ["Tenants:KeyCacheLifetime"] = "00:00:05" };

    [ServerFact]
    public async Task Revoked_key_is_refused_at_once_by_the_host_that_did_it_and_within_five_seconds_by_another()
    {
        await using var first = freehold.Build(AsShipped);
        await using var second = freehold.Build(AsShipped);
        TenantPlacement tenant = await freehold.ProvisionAsync();
        ApiKey key = await freehold.Get<ApiKeys>().CreateAsync(tenant.Id, "k", null, null, default);
        await UseAsync(first, tenant, key);
        await UseAsync(second, tenant, key);

        await FreeholdFixture.Get<ApiKeys>(first).RevokeAsync(tenant.Id, key.Id, default);
        long revoked = Stopwatch.GetTimestamp();

        await Assert.ThrowsAsync<UnknownKeyException>(() => UseAsync(first, tenant, key));
        while (await Record.ExceptionAsync(() => UseAsync(second, tenant, key)) is null)
        {
            Assert.True(Stopwatch.GetElapsedTime(revoked) < TimeSpan.FromSeconds(5.5), "The other host still lets the key in.");
            await Task.Delay(50);
        }
    }

    [ServerFact]
    public async Task Key_is_refused_from_the_moment_it_expires_even_where_it_is_remembered()
    {
        await using var host = freehold.Build(AsShipped);
        TenantPlacement tenant = await freehold.ProvisionAsync();
        ApiKey key = await freehold.Get<ApiKeys>().CreateAsync(tenant.Id, "k", null, DateTimeOffset.UtcNow.AddSeconds(1), default);
        await UseAsync(host, tenant, key);

        await Task.Delay(TimeSpan.FromSeconds(1.1));

        await Assert.ThrowsAsync<UnknownKeyException>(() => UseAsync(host, tenant, key));
    }

    [ServerFact]
    public async Task Only_the_hash_of_a_key_is_stored()
    {
        TenantPlacement tenant = await freehold.ProvisionAsync();
        ApiKey key = await freehold.Get<ApiKeys>().CreateAsync(tenant.Id, "k", null, null, default);

        await using var command = freehold.Get<CatalogDatabase>().Command($"select k::text from catalog.api_keys k where id = '{key.Id}'");
        string row = (string)(await command.ExecuteScalarAsync())!;

        Assert.Matches("^fh_[a-z0-9]{8}_[A-Za-z0-9_-]{43}$", key.Secret);
        Assert.DoesNotContain(key.Secret![12..], row, StringComparison.Ordinal);
        Assert.Null(Assert.Single(await freehold.Get<ApiKeys>().ListAsync(tenant.Id, default)).Secret);
    }

    private static Task<TenantPlacement> UseAsync(IServiceProvider host, TenantPlacement tenant, ApiKey key) => FreeholdFixture.Get<KeyCheck>(host)
        .RequireTenantAsync($"Bearer {key.Secret}", tenant.Id.Value, Scopes.Search, default);
}
