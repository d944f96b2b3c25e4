using Freehold.Functions.Tests.LocalHost.Fixtures;

namespace Freehold.Functions.Tests.LocalHost;

public sealed class StorageOutageTests(AzuriteServer azurite) : IClassFixture<AzuriteServer>
{
    private const int Lost = 9003;
    private const int Back = 9004;

    [AzuriteFact]
    public async Task An_outage_of_storage_is_told_once_and_outlived()
    {
        await azurite.StopAsync();
        Type[] functions = [typeof(WorkFunction), typeof(DrainFunction), typeof(BlobTestFunction), typeof(DeletionTestFunction)];
        await using RunningHost host = await RunningHost.StartAsync(functions, azurite.ConnectionString);
        await host.Invocations.UntilAsync(_ => host.Log.Count(Lost) > 0);
        await Task.Delay(2000);
        Assert.Equal(2, host.Log.Count(Lost));
        Assert.Equal(0, host.Log.Count(Back));

        await azurite.StartAsync();
        await EverythingWorksAsync(host, "first");
        Assert.Equal(2, host.Log.Count(Back));

        // It comes back empty: queues and containers are made again.
        await azurite.StopAsync();
        await host.Invocations.UntilAsync(_ => host.Log.Count(Lost) == 4);
        await azurite.StartAsync();
        await EverythingWorksAsync(host, "second");
        Assert.All(host.Log.Lines.Where(line => line.Id == Lost), line =>
            Assert.DoesNotContain("AccountKey", line.Text, StringComparison.Ordinal));
    }

    private async Task EverythingWorksAsync(RunningHost host, string what)
    {
        await host.Invocations.UntilAsync(_ => azurite.Queue("work").Exists() && azurite.Container("documents").Exists());
        await azurite.Queue("work").SendMessageAsync(what);
        await azurite.Container("documents").PutAsync(what + ".md");
        await host.Invocations.UntilAsync(seen => seen.Contains(what) && seen.Contains(what + ".md"));
    }
}
