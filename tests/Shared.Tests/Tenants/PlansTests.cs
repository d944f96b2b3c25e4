using Freehold.Tenants;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace Freehold.Tests.Tenants;

public sealed class PlansTests
{
    [Fact]
    public void Without_configuration_there_are_the_samples()
    {
        Plans plans = Build([]);
        Assert.All((string[])["free", "standard", "enterprise"], name => Assert.Equal(name, plans.Require(name)));
        Assert.Equal((1_000, 600), (plans.Of("free").MaxDocuments, plans.Of("free").QueriesPerMinute));
        Assert.Null(plans.Of("enterprise").QueriesPerMinute);
    }

    [Fact]
    public void Configured_plans_take_the_place_of_all_samples()
    {
        Plans plans = Build(new()
        {
            ["Tenants:DefaultPlan"] = "tiny",
            ["Tenants:Plans:0:Name"] = "tiny",
            ["Tenants:Plans:0:MaxStoredBytes"] = "5000000000",
        });
        Assert.Throws<ImpossibleRequestException>(() => plans.Require("free"));
        Assert.Equal((null, 5_000_000_000), (plans.Of("tiny").MaxDocuments, plans.Of("tiny").MaxStoredBytes));
    }

    [Fact]
    public void Tenant_whose_plan_was_taken_away_has_the_limits_of_the_default_plan()
    {
        Plans plans = Build([]);
        Assert.Throws<ImpossibleRequestException>(() => plans.Require("gone"));
        Assert.Same(plans.Of("free"), plans.Of("gone"));
    }

    [Theory]
    [InlineData("Tenants:DefaultPlan", "golden")]
    [InlineData("Tenants:Plans:0:Name", "Not A Name")]
    [InlineData("Tenants:Plans:0:QueriesPerMinute", "0")]
    [InlineData("Tenants:Plans:1:Name", "free")]
    public void Plans_that_cannot_be_stop_the_host(string setting, string value) => Assert.Throws<OptionsValidationException>(() => Build(new()
    {
        ["Tenants:Plans:0:Name"] = "free",
        [setting] = value,
    }));

    private static Plans Build(Dictionary<string, string?> settings)
    {
        settings["Tenants:AdminKeySha256"] = new string('0', 64);
        settings["Tenants:CredentialKeys:0:Id"] = "test";
        settings["Tenants:CredentialKeys:0:Key"] = Convert.ToBase64String(new byte[32]);
        settings["Tenants:CertificateKeys:0:Id"] = "test";
        settings["Tenants:CertificateKeys:0:Key"] = Convert.ToBase64String(Enumerable.Repeat((byte)1, 32).ToArray());
        IConfiguration configuration = new ConfigurationBuilder().AddInMemoryCollection(settings).Build();
        return new ServiceCollection().AddLogging().AddTenants(configuration).BuildServiceProvider().GetRequiredService<Plans>();
    }
}
