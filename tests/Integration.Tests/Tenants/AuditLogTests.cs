using Freehold.Integration.Tests.Fixtures;
using Freehold.Tenants;
using Npgsql;

namespace Freehold.Integration.Tests.Tenants;

public sealed class AuditLogTests(FreeholdFixture freehold) : IClassFixture<FreeholdFixture>
{
    [ServerTheory]
    [InlineData("update catalog.audit set actor = 'somebody else'")]
    [InlineData("delete from catalog.audit")]
    [InlineData("truncate catalog.audit")]
    public async Task Entry_cannot_be_changed_or_removed(string sql)
    {
        await freehold.Get<AuditLog>().WriteAsync(Caller.Freehold, "test", null, null, "Because.", default);

        await using NpgsqlCommand command = freehold.Get<CatalogDatabase>().Command(sql);
        PostgresException refusal = await Assert.ThrowsAsync<PostgresException>(() => command.ExecuteNonQueryAsync());

        Assert.Equal(("42501", "The audit is append-only."), (refusal.SqlState, refusal.MessageText));
    }

    [ServerFact]
    public async Task Entries_are_found_by_tenant_and_time()
    {
        TenantPlacement tenant = await freehold.ProvisionAsync();
        TenantPlacement other = await freehold.ProvisionAsync();
        DateTimeOffset between = DateTimeOffset.UtcNow;
        await freehold.Get<AuditLog>().WriteAsync(Caller.Freehold, "test", tenant.Id, tenant.Uid, "Because.", default);

        Assert.Equal(["test", "tenant-provision"], await ActionsAsync(new AuditQuery(tenant.Id, null, null, null, 10)));
        Assert.Equal(["test"], await ActionsAsync(new AuditQuery(tenant.Id, between.AddMilliseconds(-100), null, null, 1)));
        Assert.Empty(await ActionsAsync(new AuditQuery(tenant.Id, null, between.AddHours(-1), null, 10)));
        Assert.Equal(["tenant-provision"], await ActionsAsync(new AuditQuery(other.Id, null, null, null, 10)));
    }

    private async Task<IEnumerable<string>> ActionsAsync(AuditQuery query) =>
        (await freehold.Get<AuditLog>().ListAsync(query, default)).Select(entry => entry.Action);
}
