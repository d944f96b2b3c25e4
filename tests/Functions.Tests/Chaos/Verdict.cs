namespace Freehold.Functions.Tests.Chaos;

/// <summary>What must hold when everything is quiet.</summary>
internal static class Verdict
{
    /// <summary>What was accepted is in storage.</summary>
    public static async Task AssertBlobsAsync(StoredTenant stored, IEnumerable<DocumentLife> lives)
    {
        Dictionary<string, string> blobs = await stored.BlobsAsync();
        List<string> wrong = [];
        foreach (DocumentLife life in lives.Where(life => !life.IsContested))
        {
            byte[]? there = blobs.ContainsKey(life.Path) ? await stored.ContentAsync(life.Path) : null;
            if (there is null != life.Expected is null || (there is not null && !there.AsSpan().SequenceEqual(life.Expected)))
            {
                wrong.Add($"{life.Path}: {Describe(there)} instead of {Describe(life.Expected)}");
            }
        }

        Assert.True(wrong.Count == 0, $"What was accepted is not in storage: {string.Join("; ", wrong.Take(10))}");
    }

    /// <summary>A tenant has what a fresh one makes of the same blobs, and nothing else.</summary>
    public static async Task AssertSameAsync(StoredTenant stored, StoredTenant fresh)
    {
        List<string> wrong = [];
        Dictionary<string, string> manifest = await stored.ManifestAsync();
        Dictionary<string, string> states = await stored.StatesAsync();
        foreach ((string path, string state) in await fresh.StatesAsync())
        {
            if (states[path] != state)
            {
                wrong.Add($"{path}: manifest '{states[path]}' instead of '{state}'");
            }
        }

        var documents = await stored.DocumentsAsync();
        var expected = await fresh.DocumentsAsync();
        foreach (string path in documents.Keys.Union(expected.Keys))
        {
            var (present, should) = (documents.GetValueOrDefault(path), expected.GetValueOrDefault(path));
            if (states.GetValueOrDefault(path)?.StartsWith("failed", StringComparison.Ordinal) == true)
            {
                // Whichever version was read before may still be found.
                continue;
            }

            if (present.ETag != manifest.GetValueOrDefault(path) || (present with { ETag = should.ETag }) != should)
            {
                wrong.Add($"{path}: {present} instead of {should}, ETag {manifest.GetValueOrDefault(path)}");
            }
        }

        wrong.AddRange((await stored.LeftOversAsync()).Where(left => left.Value is not ("0" or "")).Select(left => $"{left.Value} {left.Key}"));
        Assert.True(wrong.Count == 0, $"{wrong.Count} differences: {string.Join("\n", wrong.Take(10))}");
    }

    private static string Describe(byte[]? content) => content is null ? "nothing" : $"{content.Length} bytes";
}
