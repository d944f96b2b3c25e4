using Freehold.LocalHost.BlobTriggers;

namespace Freehold.Functions.Tests.LocalHost;

public sealed class ListingRouteTests
{
    private const int Page = 100;
    private readonly ListingRoute _route = new(Page);

    [Fact]
    public void Without_large_folders_each_listing_has_all()
    {
        string[] blobs = [.. Folder("a", 60), .. Folder("b", 60), .. Folder("c", 99), "d", "e"];

        for (int i = 0; i < 3; i++)
        {
            Assert.Equal(Sorted(blobs), List(blobs));
        }
    }

    [Fact]
    public void Every_listing_has_all_of_the_small_folders_and_little_of_large_ones()
    {
        string[] small = [.. Folder("b", 10), .. Folder("bc", 20), "d", .. Folder("z", 50)];
        string[] blobs = [.. Folder("a", 1_000), .. Folder("b!", 300), .. Folder("c", 2_000), .. Folder("y", 150), .. small];
        List(blobs);
        for (int i = 0; i < 50; i++)
        {
            List<string> listed = List(blobs);

            Assert.Empty(small.Except(listed));
            Assert.InRange(listed.Count, small.Length, (3 * Page) + small.Length);
        }
    }

    [Fact]
    public void Large_folders_are_listed_in_turns_and_from_their_beginning_again()
    {
        string[] blobs = [.. Folder("a", 1_000), .. Folder("b", 1_950), .. Folder("c", 5)];
        List(blobs);
        for (int round = 0; round < 3; round++)
        {
            HashSet<string> seen = [];
            for (int i = 0; i < 45; i++)
            {
                seen.UnionWith(List(blobs));
            }

            Assert.Empty(blobs.Except(seen));
        }
    }

    [Fact]
    public void A_large_folder_that_has_shrunk_or_gone_is_in_no_others_way()
    {
        string[] blobs = [.. Folder("a", 1_000), .. Folder("b", 1_000), .. Folder("c", 5)];
        for (int i = 0; i < 5; i++)
        {
            List(blobs);
        }

        string[] left = [.. Folder("b", 50), .. Folder("c", 5)];
        for (int i = 0; i < 5; i++)
        {
            List(left);
        }

        Assert.Equal(Sorted(left), List(left));
    }

    [Fact]
    public void A_new_folder_before_a_large_one_is_seen_at_once()
    {
        string[] blobs = [.. Folder("b", 1_000)];
        for (int i = 0; i < 3; i++)
        {
            List(blobs);
        }

        Assert.Contains("a/00000", List([.. blobs, "a/00000"]));
    }

    private static IEnumerable<string> Folder(string name, int blobs) => Enumerable.Range(0, blobs).Select(i => $"{name}/{i:D5}");

    private static List<string> Sorted(IEnumerable<string> names) => [.. names.Order(StringComparer.Ordinal)];

    /// <summary>One listing; no name twice.</summary>
    private List<string> List(IEnumerable<string> blobs)
    {
        List<string> sorted = Sorted(blobs);
        List<string> listed = [];
        _route.Begin();
        while (true)
        {
            string? after = _route.After;
            Assert.True(listed.Count == 0 || string.CompareOrdinal(after, listed[^1]) >= 0);
            List<string> rest = [.. sorted.Where(name => string.CompareOrdinal(name, after) > 0)];
            List<string> page = [.. rest.Take(_route.Count)];
            listed.AddRange(page);
            if (page.Count == rest.Count)
            {
                _route.Next(null, null);
                return listed;
            }

            _route.Next(page[0], page[^1]);
        }
    }
}
