using System.Text.RegularExpressions;

namespace Freehold.Architecture.Tests;

public sealed partial class ProblemTests
{
    [Fact]
    public void Every_problem_of_the_code_is_in_the_documentation()
    {
        string documentation = File.ReadAllText(Path.Combine(Repository.Folder, "docs", "problems.md"));
        string[] problems = [.. Directory.EnumerateFiles(Path.Combine(Repository.Folder, "src"), "*.cs", SearchOption.AllDirectories)
            .Where(file => !file.Contains($"{Path.DirectorySeparatorChar}obj{Path.DirectorySeparatorChar}", StringComparison.Ordinal))
            .SelectMany(file => Problem().Matches(File.ReadAllText(file)))
            .Select(match => match.Groups[1].Value)
            .Distinct()];

        Assert.True(problems.Length > 30);
        Assert.All(problems, problem => Assert.Contains($"`{problem}`", documentation, StringComparison.Ordinal));
    }

    // RefusalKind.X, "name" and new SomethingException("name" and Make(status, "name".
    [GeneratedRegex("""(?:RefusalKind\.\w+,\s*|(?:InvalidInput|ImpossibleRequest|ImpossibleNow)Exception\(\s*|Status\d\w+, |length == 0 \? "empty-document" : )"([a-z]+(?:-[a-z]+)+)["]""")]
    private static partial Regex Problem();
}
