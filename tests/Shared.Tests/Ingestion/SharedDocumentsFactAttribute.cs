namespace Freehold.Tests.Ingestion;

/// <summary>A test that reads the collection of real files, and is skipped where that is absent.</summary>
public sealed class SharedDocumentsFactAttribute : FactAttribute
{
    public SharedDocumentsFactAttribute() =>
        Skip = Folder is null ? "The folder ../shared/documents (or the one that FREEHOLD_SHARED names) is not there." : null;

    /// <summary>The folder <c>documents</c> in <c>../shared</c> beside the repository, or in the folder named by FREEHOLD_SHARED.</summary>
    public static string? Folder { get; } = Find();

    private static string? Find()
    {
        var root = new DirectoryInfo(AppContext.BaseDirectory);
        while (root is not null && !File.Exists(Path.Combine(root.FullName, "Serverless.sln")))
        {
            root = root.Parent;
        }

        var shared = Environment.GetEnvironmentVariable("FREEHOLD_SHARED") ?? Path.Combine(root?.FullName ?? ".", "..", "shared");
        var folder = Path.Combine(shared, "documents");
        return Directory.Exists(folder) ? folder : null;
    }
}
