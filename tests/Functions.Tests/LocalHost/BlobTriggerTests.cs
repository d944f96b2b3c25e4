using System.Text.Json;
using Azure.Storage.Blobs;
using Freehold.Functions.Tests.LocalHost.Fixtures;
using Freehold.LocalHost;

namespace Freehold.Functions.Tests.LocalHost;

public sealed class BlobTriggerTests(AzuriteServer azurite) : IClassFixture<AzuriteServer>
{
    private static readonly Type[] Both = [typeof(BlobTestFunction), typeof(DeletionTestFunction)];

    [AzuriteFact]
    public async Task A_missing_container_is_made()
    {
        await azurite.Container("documents").DeleteIfExistsAsync();
        await using RunningHost host = await RunningHost.StartAsync(Both, azurite.ConnectionString);

        await host.Invocations.UntilAsync(_ => azurite.Container("documents").Exists());
    }

    [AzuriteFact]
    public async Task A_deletion_is_told_in_the_schema_of_Event_Grid()
    {
        BlobContainerClient container = await azurite.EmptyDocumentsAsync();
        await using RunningHost host = await RunningHost.StartAsync(Both, azurite.ConnectionString);
        const string Name = "acme/a b/ü#1.md";
        await container.PutAsync(Name);
        await host.Invocations.UntilAsync(seen => seen.Contains(Name));

        await container.DeleteBlobAsync(Name);

        await host.Invocations.UntilAsync(seen => seen.HasDeletion(Name));
        JsonElement told = JsonDocument.Parse(host.Invocations.Seen[^1]).RootElement;
        Assert.Equal("Microsoft.Storage.BlobDeleted", told.GetProperty("eventType").GetString());
        Assert.Equal("/blobServices/default/containers/documents/blobs/" + Name, told.GetProperty("subject").GetString());
        Assert.Equal(container.GetBlobClient(Name).Uri, new Uri(told.GetProperty("data").GetProperty("url").GetString()!));
        Assert.InRange(told.GetProperty("eventTime").GetDateTimeOffset(), DateTimeOffset.UtcNow.AddMinutes(-1), DateTimeOffset.UtcNow);
        Assert.True(told.GetProperty("id").TryGetGuid(out _));
        Assert.Equal("1", told.GetProperty("metadataVersion").GetString());
        Assert.True(told.TryGetProperty("dataVersion", out _) && told.TryGetProperty("topic", out _));
    }

    [AzuriteFact]
    public async Task Pages_of_a_listing_are_compared_in_the_order_that_names_have_there()
    {
        BlobContainerClient container = await azurite.EmptyDocumentsAsync();
        await using RunningHost host = await RunningHost.StartAsync(Both, azurite.ConnectionString, options: options => options.ListingPage = 2);
        string[] names = ["B.md", "a b.md", "a-b.md", "a.md", "a/b.md", "a_b.md", "z.md", "é.md", "\u4e00.md", "\U0001f600.md", "\uff5e.md"];
        await Task.WhenAll(names.Select(name => container.PutAsync(name)));
        await host.Invocations.UntilAsync(seen => seen.Count == names.Length);

        foreach (string name in names)
        {
            host.Invocations.Clear();
            await container.DeleteBlobAsync(name);
            await host.Invocations.UntilAsync(seen => seen.Count > 0);
            Assert.Equal(name, Blobs.DeletedBlob(Assert.Single(host.Invocations.Seen)));
        }
    }

    [AzuriteFact]
    public async Task A_blob_replaced_between_two_listings_is_a_changed_version()
    {
        BlobContainerClient container = await azurite.EmptyDocumentsAsync();
        await using RunningHost host = await RunningHost.StartAsync(Both, azurite.ConnectionString);
        await container.PutAsync("acme/a.md");
        await host.Invocations.UntilAsync(seen => seen.Count == 1);
        await Task.Delay(100);

        await container.DeleteBlobAsync("acme/a.md");
        await container.PutAsync("acme/a.md");

        await host.Invocations.UntilAsync(seen => seen.Count >= 2);
        await Task.Delay(1500);
        Assert.Equal(["acme/a.md", "acme/a.md"], host.Invocations.Seen);
    }

    [AzuriteFact]
    public async Task A_blob_that_changes_while_its_function_runs_is_handed_over_again_afterwards()
    {
        BlobContainerClient container = await azurite.EmptyDocumentsAsync();
        await using RunningHost host = await RunningHost.StartAsync(Both, azurite.ConnectionString);
        var gate = new TaskCompletionSource();
        host.Invocations.Behaviour = (_, _) => gate.Task;
        await container.PutAsync("acme/a.md");
        await host.Invocations.UntilAsync(seen => seen.Count == 1);

        await container.PutAsync("acme/a.md", "changed");
        await Task.Delay(2500);
        Assert.Single(host.Invocations.Seen);

        gate.SetResult();
        await host.Invocations.UntilAsync(seen => seen.Count == 2);
    }

    [AzuriteFact]
    public async Task At_most_sixteen_blobs_are_in_hand_at_a_time()
    {
        BlobContainerClient container = await azurite.EmptyDocumentsAsync();
        await container.PutManyAsync(40);
        var gate = new TaskCompletionSource();
        var invocations = new Invocations { Behaviour = (_, _) => gate.Task };
        await using RunningHost host = await RunningHost.StartAsync(Both, azurite.ConnectionString, invocations: invocations);

        await invocations.UntilAsync(seen => seen.Count == 16);
        await Task.Delay(300);
        Assert.Equal(16, invocations.Seen.Count);

        gate.SetResult();
        await invocations.UntilAsync(seen => seen.Distinct().Count() == 40);
        Assert.Equal(40, invocations.Seen.Count);
    }

    [AzuriteFact]
    public async Task A_version_that_fails_is_tried_five_times_and_then_given_up()
    {
        BlobContainerClient container = await azurite.EmptyDocumentsAsync();
        await using RunningHost host = await RunningHost.StartAsync(Both, azurite.ConnectionString, options: QuickRetries);
        host.Invocations.Behaviour = (_, _) => throw new InvalidOperationException("no");

        await container.PutAsync("acme/bad.md");

        await host.Invocations.UntilAsync(_ => host.Log.Count(9021) == 1);
        Assert.Equal(4, host.Log.Count(9020));
        await Task.Delay(1500);
        Assert.Equal(5, host.Invocations.Seen.Count);
    }

    [AzuriteFact]
    public async Task A_new_version_does_not_wait_for_the_retries_of_its_predecessor()
    {
        BlobContainerClient container = await azurite.EmptyDocumentsAsync();
        await using RunningHost host = await RunningHost.StartAsync(
            Both, azurite.ConnectionString, options: options => options.FirstRetry = TimeSpan.FromMinutes(5));
        host.Invocations.Behaviour = (_, _) => throw new InvalidOperationException("no");
        await container.PutAsync("acme/a.md");
        await host.Invocations.UntilAsync(seen => seen.Count == 1);

        await container.PutAsync("acme/a.md", "better");

        await host.Invocations.UntilAsync(seen => seen.Count == 2, TimeSpan.FromSeconds(3));
    }

    [AzuriteFact]
    public async Task A_blob_deleted_after_its_function_failed_is_reported_and_not_tried_again()
    {
        BlobContainerClient container = await azurite.EmptyDocumentsAsync();
        await using RunningHost host = await RunningHost.StartAsync(
            Both, azurite.ConnectionString, options: options => options.FirstRetry = TimeSpan.FromSeconds(4));
        host.Invocations.Behaviour = (what, _) => what.StartsWith('{') ? Task.CompletedTask : throw new InvalidOperationException("no");
        await container.PutAsync("acme/a.md");
        await host.Invocations.UntilAsync(seen => seen.Count == 1);

        await container.DeleteBlobAsync("acme/a.md");

        await host.Invocations.UntilAsync(seen => seen.HasDeletion("acme/a.md"), TimeSpan.FromSeconds(3));
        await Task.Delay(4500);
        Assert.Equal(2, host.Invocations.Seen.Count);
    }

    [AzuriteFact]
    public async Task What_is_new_or_gone_in_a_small_folder_does_not_wait_for_a_large_one()
    {
        BlobContainerClient container = await azurite.EmptyDocumentsAsync();
        await using RunningHost host = await RunningHost.StartAsync(Both, azurite.ConnectionString, options: options => options.ListingPage = 4);
        string[] large = [.. Enumerable.Range(0, 48).Select(number => $"large/{number:D2}.md")];
        await Task.WhenAll(large.Select(name => container.PutAsync(name)));
        await host.Invocations.UntilAsync(seen => seen.Count >= 4);

        // To list them all takes 12 listings, a second and more each.
        await container.PutAsync("small/a.md");
        await host.Invocations.UntilAsync(seen => seen.Contains("small/a.md"), TimeSpan.FromSeconds(6));
        await container.DeleteBlobAsync("small/a.md");
        await host.Invocations.UntilAsync(seen => seen.HasDeletion("small/a.md"), TimeSpan.FromSeconds(6));
        Assert.NotEmpty(large.Except(host.Invocations.Seen));

        await host.Invocations.UntilAsync(seen => !large.Except(seen).Any(), TimeSpan.FromSeconds(60));
        await container.DeleteBlobAsync(large[30]);
        await host.Invocations.UntilAsync(seen => seen.HasDeletion(large[30]), TimeSpan.FromSeconds(60));
        Assert.Equal(51, host.Invocations.Seen.Count);
    }

    private static void QuickRetries(LocalHostOptions options) => options.FirstRetry = TimeSpan.FromMilliseconds(5);
}
