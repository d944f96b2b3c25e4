using Freehold.Integration.Tests.Fixtures;
using Microsoft.Extensions.DependencyInjection;

namespace Freehold.Integration.Tests.Provisioning.Providers;

/// <summary>At Neon, which a simulator stands for.</summary>
public sealed class NeonProviderTests(NeonFixture neon) : ProviderContract, IClassFixture<NeonFixture>
{
    private protected override IServiceProvider Host => neon.Host;

    private protected override ServiceProvider Restarted() => neon.Build([]);
}
