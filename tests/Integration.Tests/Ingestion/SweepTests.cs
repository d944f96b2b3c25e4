using Freehold.Ingestion;
using Freehold.Integration.Tests.Fixtures;
using Freehold.Provisioning.Fleet;
using Freehold.Storage;
using Freehold.Tenants;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;

namespace Freehold.Integration.Tests.Ingestion;

public sealed class SweepTests(FreeholdFixture freehold) : IClassFixture<FreeholdFixture>
{
    [ServerFact]
    public async Task What_no_event_told_is_noted_either_way_without_waking_the_tenant()
    {
        TenantPlacement tenant = await freehold.ProvisionAsync();
        await freehold.IngestAsync(tenant, "kept.txt", "The same as ever.");
        await freehold.IngestAsync(tenant, "changed.txt", "The old version.");
        await freehold.IngestAsync(tenant, "deleted.txt", "Soon gone.");
        await freehold.WriteBlobAsync(tenant, "new.txt", "Nobody has told of it.");
        await freehold.WriteBlobAsync(tenant, "changed.txt", "The new version.");
        await freehold.Get<DocumentBlobs>().DeleteAsync(tenant.Id, DocumentPath.Parse("deleted.txt"), condition: null, default);
        await using ServiceProvider host = freehold.Build(new()
        {
            ["Ingestion:SweepGrace"] = "00:00:00",
            ["Ingestion:SweepInterval"] = "00:00:01",
        });

        // Storage tells the time in whole seconds.
        await Task.Delay(1_100);
        await ExecuteAsync($"update catalog.tenants set port = 1 where uid = '{tenant.Uid}'");
        await host.GetRequiredService<SweepDocuments>().RunAsync(default);
        await ExecuteAsync($"update catalog.tenants set port = {tenant.Port} where uid = '{tenant.Uid}'");

        Dictionary<string, string> states = (await freehold.Get<Manifest>().ListAsync(tenant.Uid, null, null, 10, default))
            .ToDictionary(document => document.Path, document => document.State);
        Assert.Equal(
            new Dictionary<string, string> { ["kept.txt"] = "ready", ["changed.txt"] = "queued", ["deleted.txt"] = "queued", ["new.txt"] = "queued" },
            states);
        SweepView sweep = (await freehold.Get<DescribeFleet>().RunAsync(default)).LastSweep!;
        Assert.Equal((2L, 1L), (sweep.Noted, sweep.Removed));

        foreach (string path in states.Keys)
        {
            await freehold.LookAtAsync(tenant, path);
        }

        Assert.Null(await freehold.StatusAsync(tenant, "deleted.txt"));
        Assert.Single(await freehold.SearchAsync(tenant, "new version"));
        await Task.Delay(1_100);
        await host.GetRequiredService<SweepDocuments>().RunAsync(default);
        sweep = (await freehold.Get<DescribeFleet>().RunAsync(default)).LastSweep!;
        Assert.Equal((0L, 0L), (sweep.Noted, sweep.Removed));
    }

    [ServerFact]
    public async Task What_has_just_changed_is_left_to_its_event_and_a_round_is_not_begun_twice()
    {
        await using ServiceProvider host = freehold.Build(new() { ["Ingestion:SweepInterval"] = "00:00:01" });
        TenantPlacement tenant = await freehold.ProvisionAsync();
        await freehold.WriteBlobAsync(tenant, "new.txt", "Its event is under way.");
        await Task.Delay(1_100);

        SweepRounds rounds = host.GetRequiredService<SweepRounds>();
        Assert.NotNull(await rounds.BeginAsync(TimeSpan.FromSeconds(1), default));
        await host.GetRequiredService<SweepDocuments>().RunAsync(default);
        Assert.Null(await rounds.BeginAsync(TimeSpan.FromSeconds(1), default));
        await rounds.PauseAsync(default);
        await host.GetRequiredService<SweepDocuments>().RunAsync(default);

        Assert.Null(await freehold.StatusAsync(tenant, "new.txt"));
        Assert.Null(await rounds.BeginAsync(TimeSpan.FromMinutes(1), default));
    }

    private async Task ExecuteAsync(string sql)
    {
        await using NpgsqlCommand command = freehold.Get<CatalogDatabase>().Command(sql);
        await command.ExecuteNonQueryAsync();
    }
}
