using System.Text.Json;

namespace Freehold.Functions.Tests.Api;

/// <summary>Real files of most formats, from a folder beside the repository where there is one.</summary>
public sealed class RealFilesTests(HostFixture host) : IClassFixture<HostFixture>
{
    private static readonly string[] Endings = [".txt", ".md", ".html", ".pdf", ".docx", ".pptx", ".xlsx", ".csv", ".eml"];

    [RealFilesFact]
    public async Task Every_real_file_ends_ready_or_failed_with_a_reason_and_the_host_stays_small()
    {
        (string tenant, string key) = await host.ProvisionAsync();
        string[] files = [.. Directory.EnumerateFiles(RealFilesFactAttribute.Folder!, "*", SearchOption.AllDirectories)
            .Where(file => Endings.Contains(Path.GetExtension(file)))];
        var container = host.Azurite.Container("documents");
        await Parallel.ForEachAsync(files, async (file, token) =>
        {
            string path = Path.GetRelativePath(RealFilesFactAttribute.Folder!, file);
            await container.GetBlobClient($"{tenant}/{path}").UploadAsync(file, token);
        });

        JsonElement[] documents = [];
        await HostFixture.EventuallyAsync(TimeSpan.FromMinutes(3), async () =>
        {
            (_, JsonElement list) = await host.SendAsync(HttpMethod.Get, $"tenants/{tenant}/documents?limit=1000", key);
            documents = [.. list.GetProperty("documents").EnumerateArray()];
            return documents.Length == files.Length && documents.All(document => document.GetProperty("state").GetString() is "ready" or "failed");
        });

        JsonElement[] failed = [.. documents.Where(document => document.GetProperty("state").GetString() == "failed")];
        foreach (JsonElement document in failed)
        {
            Console.WriteLine($"{document.GetProperty("path")}: {document.GetProperty("failure").GetProperty("reason")}");
        }

        Console.WriteLine($"{files.Length} files, {failed.Length} failed, {host.PeakMemory / (1 << 20)} MiB at most");
        Assert.All(failed, document => Assert.EndsWith(".", document.GetProperty("failure").GetProperty("reason").GetString(), StringComparison.Ordinal));
        Assert.All(failed, document => Assert.DoesNotContain("unexpected", document.GetProperty("failure").GetProperty("reason").GetString(), StringComparison.Ordinal));
        Assert.True(host.IsRunning);
        Assert.InRange(host.PeakMemory, 1, 1L << 30);
    }

    [AttributeUsage(AttributeTargets.Method)]
    private sealed class RealFilesFactAttribute : FactAttribute
    {
        public RealFilesFactAttribute() => Skip = HostFixture.Missing ?? (Folder is null ? "There is no folder ../shared/documents beside the repository." : null);

        public static string? Folder { get; } = Find();

        private static string? Find()
        {
            for (DirectoryInfo? folder = new(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
            {
                if (File.Exists(Path.Combine(folder.FullName, "Serverless.sln")))
                {
                    string documents = Path.Combine(folder.FullName, "..", "shared", "documents");
                    return Directory.Exists(documents) ? documents : null;
                }
            }

            return null;
        }
    }
}
