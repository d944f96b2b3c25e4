using Freehold.Integration.Tests.Fixtures;
using Microsoft.Extensions.DependencyInjection;

namespace Freehold.Integration.Tests.Provisioning.Providers;

/// <summary>On a PostgreSQL server of ours.</summary>
public sealed class PostgresProviderTests(FreeholdFixture freehold) : ProviderContract, IClassFixture<FreeholdFixture>, IAsyncLifetime
{
    private ServiceProvider? _host;

    private protected override IServiceProvider Host => _host!;

    public Task InitializeAsync()
    {
        _host = TestServers.Missing is null ? freehold.Build([]) : null;
        return Task.CompletedTask;
    }

    public async Task DisposeAsync()
    {
        if (_host is not null)
        {
            await _host.DisposeAsync();
        }
    }

    private protected override ServiceProvider Restarted() => freehold.Build([]);
}
