using Freehold.Neon;
using Freehold.Provisioning.Providers;
using Freehold.Provisioning.Providers.Neon;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace Freehold.Tests.Neon;

/// <summary>What the settings below <c>Provisioning:Neon</c> may be.</summary>
public sealed class NeonOptionsTests
{
    [Fact]
    public void Key_and_region_are_enough()
    {
        NeonOptions options = Options();

        Assert.Equal((17, 5432, Npgsql.SslMode.VerifyFull, 700, 40), (options.PgVersion, options.Port, options.SslMode, options.RequestsPerMinute, options.RequestsPerSecondAndRoute));
        Assert.Equal("https://console.neon.tech/api/v2", options.ApiAddress.AbsoluteUri);
    }

    [Theory]
    [InlineData("ApiKey", "")]
    [InlineData("RegionId", "")]
    [InlineData("ApiAddress", "http://example.com/api/v2")]
    [InlineData("MinComputeUnits", "2")]
    [InlineData("SuspendTimeout", "00:00:30")]
    [InlineData("PgVersion", "13")]
    [InlineData("Share", "0")]
    [InlineData("ReserveForPersons", "1")]
    [InlineData("HistoryRetention", "31.00:00:00")]
    public void Setting_that_is_no_good_is_named(string name, string value)
    {
        OptionsValidationException exception = Assert.Throws<OptionsValidationException>(() => Options((name, value)));

        Assert.Contains(name, exception.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("napi_", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Address_of_this_machine_needs_no_TLS() =>
        Assert.Equal(8080, Options(("ApiAddress", "http://127.0.0.1:8080/api/v2")).ApiAddress.Port);

    [Theory]
    [InlineData("SuspendTimeout", "00:00:30")]
    [InlineData("MinComputeUnits", "2")]
    public void Plan_that_Neon_would_refuse_is_named(string name, string value)
    {
        OptionsValidationException exception = Assert.Throws<OptionsValidationException>(() => Plan((name, value)));

        Assert.Contains(name, exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Plan_takes_from_all_projects_what_it_does_not_say()
    {
        Assert.Equal(2, Plan(("MinComputeUnits", "2"), ("MaxComputeUnits", "4")).MinComputeUnits);
        Assert.Equal(TimeSpan.FromMinutes(5), Plan(("SuspendTimeout", "00:00:00")).SleepsAfter(Options(("SuspendTimeout", "00:10:00"))));
        Assert.Equal(TimeSpan.FromMinutes(10), Plan().SleepsAfter(Options(("SuspendTimeout", "00:10:00"))));
        Assert.Equal(TimeSpan.FromMinutes(1), Plan(("SuspendTimeout", "00:01:00")).SleepsAfter(Options()));
    }

    private static NeonPlanOptions Plan(params (string Name, string Value)[] settings)
    {
        Dictionary<string, string?> values = new()
        {
            ["Provisioning:Neon:ApiKey"] = "napi_k",
            ["Provisioning:Neon:RegionId"] = "aws-eu-central-1",
            ["Provisioning:Neon:Plans:0:Name"] = "standard",
        };
        foreach ((string name, string value) in settings)
        {
            values["Provisioning:Neon:Plans:0:" + name] = value;
        }

        ServiceCollection services = new();
        services.AddProviders(new ConfigurationBuilder().AddInMemoryCollection(values).Build());
        using ServiceProvider provider = services.BuildServiceProvider();
        return provider.GetRequiredService<IOptions<NeonTenancyOptions>>().Value.PlanOf("standard");
    }

    private static NeonOptions Options(params (string Name, string Value)[] settings)
    {
        Dictionary<string, string?> values = new() { ["Provisioning:Neon:ApiKey"] = "napi_k", ["Provisioning:Neon:RegionId"] = "aws-eu-central-1" };
        foreach ((string name, string value) in settings)
        {
            values["Provisioning:Neon:" + name] = value;
        }

        using ServiceProvider services = new ServiceCollection().AddNeon(new ConfigurationBuilder().AddInMemoryCollection(values).Build()).BuildServiceProvider();
        return services.GetRequiredService<IOptions<NeonOptions>>().Value;
    }
}
