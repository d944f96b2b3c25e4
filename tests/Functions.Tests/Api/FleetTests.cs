using System.Net;
using System.Text.Json;

namespace Freehold.Functions.Tests.Api;

[Collection(HostTests.Name)]
public sealed class FleetTests(HostFixture host)
{
    [HostFact]
    public async Task Operator_sees_the_fleet_and_reconciles_it()
    {
        await host.ProvisionOnAsync("free");

        (HttpStatusCode status, JsonElement report) = await host.SendAsync(HttpMethod.Post, "fleet/reconciliations", HostFixture.AdminKey);
        Assert.Equal(HttpStatusCode.OK, status);
        Assert.True(report.GetProperty("complete").GetBoolean());
        Assert.Equal(0, report.GetProperty("driftCount").GetInt32());

        (status, JsonElement fleet) = await host.SendAsync(HttpMethod.Get, "fleet", HostFixture.AdminKey);
        Assert.Equal(HttpStatusCode.OK, status);
        Assert.True(fleet.GetProperty("tenants").GetProperty("states").GetProperty("active").GetInt64() > 0);
        Assert.True(fleet.GetProperty("tenants").GetProperty("plans").GetProperty("free").GetInt64() > 0);
        Assert.Equal("local", fleet.GetProperty("warmPool")[0].GetProperty("region").GetString());
        Assert.True(fleet.GetProperty("warmPool")[0].GetProperty("inAll").GetProperty("misses").GetInt64() > 0);
        Assert.True(fleet.GetProperty("lastReconciliation").GetProperty("complete").GetBoolean());
    }

    [HostTheory]
    [InlineData("GET", "fleet")]
    [InlineData("POST", "fleet/reconciliations")]
    public async Task Tenants_key_opens_nothing_of_the_fleet(string method, string path)
    {
        (_, string key) = await host.ProvisionAsync();

        (HttpStatusCode status, _) = await host.SendAsync(new HttpMethod(method), path, key);

        Assert.Equal(HttpStatusCode.Forbidden, status);
    }
}
