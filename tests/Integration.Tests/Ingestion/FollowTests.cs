using Freehold.Ingestion;
using Freehold.Integration.Tests.Fixtures;
using Freehold.Storage;
using Freehold.Tenants;

namespace Freehold.Integration.Tests.Ingestion;

public sealed class FollowTests(FreeholdFixture freehold) : IClassFixture<FreeholdFixture>
{
    [ServerFact]
    public async Task Follower_is_told_of_its_own_tenants_changes_and_removals_in_order_and_goes_on_where_it_was()
    {
        TenantPlacement tenant = await freehold.ProvisionAsync();
        TenantPlacement other = await freehold.ProvisionAsync();
        await freehold.IngestAsync(tenant, "before.txt", "Before anybody followed.");
        using CancellationTokenSource limit = new(TimeSpan.FromSeconds(30));

        List<DocumentChange> told = await FollowAsync(tenant, null, 2, async () =>
        {
            await freehold.IngestAsync(other, "theirs.txt", "Another's.");
            await freehold.IngestAsync(tenant, "ours.txt", "Ours.");
            await Task.Delay(1_500);
            await freehold.Get<DeleteDocument>().RunAsync(tenant, DocumentPath.Parse("ours.txt"), null, default);
            await freehold.LookAtAsync(tenant, "ours.txt");
        }, limit.Token);

        Assert.Contains(told, change => change.Document?.State == "ready");
        Assert.Equal(("ours.txt", null), (told[^1].Path, told[^1].Document));
        Assert.All(told, change => Assert.Equal("ours.txt", change.Path));
        List<DocumentChange> again = await FollowAsync(tenant, told[0].At, 1, () => Task.CompletedTask, limit.Token);
        Assert.Contains(again, change => change.Path == "ours.txt" && change.Document is null);
        Assert.DoesNotContain(again, change => change.Path == "theirs.txt");
    }

    [ServerFact]
    public async Task Follower_that_was_away_too_long_is_told_to_list_again()
    {
        TenantPlacement tenant = await freehold.ProvisionAsync();
        await foreach (IReadOnlyList<DocumentChange>? changes in freehold.Get<FollowDocuments>().RunAsync(tenant.Uid, 1, default))
        {
            Assert.Null(changes);
            break;
        }
    }

    [ServerFact]
    public async Task More_changes_than_fit_in_a_page_are_all_told_once()
    {
        TenantPlacement tenant = await freehold.ProvisionAsync();
        using CancellationTokenSource limit = new(TimeSpan.FromSeconds(60));

        List<DocumentChange> told = await FollowAsync(tenant, null, 2_500, () => Parallel.ForEachAsync(
            Enumerable.Range(0, 2_500),
            async (i, token) => await freehold.Get<Notes>().NoteAsync(
                tenant, DocumentPath.Parse($"{i}.txt"), new BlobVersion("1", 1, DateTimeOffset.UnixEpoch), token)), limit.Token);

        Assert.Equal(2_500, told.Select(change => change.Path).Distinct().Count());
        Assert.Equal(2_500, told.Count);
    }

    [Fact]
    public void Places_are_limited_for_each_tenant_and_given_back()
    {
        FollowDocuments following = new(null!, Microsoft.Extensions.Options.Options.Create(new IngestionOptions { EventStreamsPerTenant = 1 }), TimeProvider.System);
        (Guid one, Guid other) = (Guid.NewGuid(), Guid.NewGuid());

        IDisposable place = following.Enter(one);
        Assert.Throws<TooManyFollowersException>(() => following.Enter(one));
        using IDisposable elsewhere = following.Enter(other);
        place.Dispose();
        place.Dispose();
        using IDisposable next = following.Enter(one);
        Assert.Throws<TooManyFollowersException>(() => following.Enter(one));
    }

    private async Task<List<DocumentChange>> FollowAsync(
        TenantPlacement tenant, long? after, int count, Func<Task> act, CancellationToken cancellationToken)
    {
        List<DocumentChange> told = [];
        Task? acting = null;
        await foreach (IReadOnlyList<DocumentChange>? changes in freehold.Get<FollowDocuments>().RunAsync(tenant.Uid, after, cancellationToken))
        {
            told.AddRange(changes!);
            acting ??= act();
            if (told.Count >= count && acting.IsCompleted)
            {
                await acting;
                break;
            }
        }

        return told;
    }
}
