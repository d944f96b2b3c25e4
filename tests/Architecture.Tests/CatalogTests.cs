using System.Text.RegularExpressions;

namespace Freehold.Architecture.Tests;

/// <summary>All regions share the catalog: what comes into it is to be known.</summary>
public sealed partial class CatalogTests
{
    private static readonly string Sources = Path.Combine(Repository.Folder, "src", "Shared");

    [Fact]
    public void Every_table_of_the_catalog_is_in_the_documentation_of_regions()
    {
        string documentation = File.ReadAllText(Path.Combine(Repository.Folder, "docs", "regions.md"));
        string[] tables = [.. Directory.EnumerateFiles(Path.Combine(Sources, "Migration", "Sql", "Catalog"), "*.sql")
            .SelectMany(file => Table().Matches(File.ReadAllText(file)))
            .Select(match => match.Groups[1].Value)];

        Assert.True(tables.Length > 10);
        Assert.All(tables, table => Assert.Contains($"`{table}`", documentation, StringComparison.Ordinal));
    }

    [Fact]
    public void No_statement_reads_the_catalog_and_the_work_store()
    {
        string[] statements = [.. Directory.EnumerateFiles(Sources, "*.cs", SearchOption.AllDirectories)
            .Where(file => !file.Contains($"{Path.DirectorySeparatorChar}obj{Path.DirectorySeparatorChar}", StringComparison.Ordinal))
            .SelectMany(file => Text().Matches(File.ReadAllText(file)))
            .Select(match => match.Value)];

        Assert.Contains(statements, text => text.Contains(" work.documents", StringComparison.Ordinal));
        Assert.DoesNotContain(statements, text =>
            text.Contains(" catalog.", StringComparison.Ordinal) && Work().IsMatch(text));
    }

    [GeneratedRegex(@"create (?:unlogged )?table catalog\.(\w+)")]
    private static partial Regex Table();

    // Raw strings of several lines first, or their quotes would be taken for ends of others.
    [GeneratedRegex("\"\"\"[\\s\\S]*?\"\"\"|\"(?:[^\"\\\\\\n]|\\\\.)*\"")]
    private static partial Regex Text();

    [GeneratedRegex(@" work\.(?:documents|removed_documents|copied_blobs|sweeps|claims|take_turns)\b")]
    private static partial Regex Work();
}
