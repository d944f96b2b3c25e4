using System.Text;

namespace Freehold.Functions.Tests.Regions;

/// <summary>Looks for a text in all files of a folder, as it is and as it is within anything in base64, such as a message of a queue.</summary>
internal static class Markers
{
    /// <summary>Files that hold it, by their paths below the folder.</summary>
    public static IReadOnlyList<string> FilesWith(string folder, string marker)
    {
        byte[][] forms = [.. Forms(marker).Select(Encoding.ASCII.GetBytes)];
        return [.. new DirectoryInfo(folder).EnumerateFiles("*", new EnumerationOptions { RecurseSubdirectories = true, AttributesToSkip = 0 })
            .Where(file => Holds(file.FullName, forms))
            .Select(file => Path.GetRelativePath(folder, file.FullName))];
    }

    private static bool Holds(string file, byte[][] forms)
    {
        byte[] bytes = File.ReadAllBytes(file);
        return forms.Any(form => bytes.AsSpan().IndexOf(form) >= 0);
    }

    /// <summary>In base64, what stands before it decides which of three forms it has; its first and last characters are shared with neighbours.</summary>
    private static IEnumerable<string> Forms(string marker) =>
        Enumerable.Range(0, 3)
            .Select(offset => Convert.ToBase64String(Encoding.ASCII.GetBytes(new string('x', offset) + marker)).TrimEnd('=')[(offset + 1)..^1])
            .Prepend(marker);
}
