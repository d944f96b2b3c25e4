using System.Text;

namespace Freehold.Functions.Tests.Regions;

/// <summary>Looks for texts in all files of a folder, as they are and as they are within anything in base64, such as a message of a queue.</summary>
internal static class Markers
{
    /// <summary>By marker, the files that hold it: their paths below the folder.</summary>
    public static ILookup<string, string> Find(string folder, params string[] markers)
    {
        (string Marker, byte[][] Forms)[] wanted = [.. markers.Select(marker => (marker, Forms(marker)))];
        return new DirectoryInfo(folder)
            .EnumerateFiles("*", new EnumerationOptions { RecurseSubdirectories = true, AttributesToSkip = 0 })
            .SelectMany(file =>
            {
                byte[] bytes = File.ReadAllBytes(file.FullName);
                return wanted
                    .Where(each => each.Forms.Any(form => bytes.AsSpan().IndexOf(form) >= 0))
                    .Select(each => (each.Marker, File: Path.GetRelativePath(folder, file.FullName)));
            })
            .ToLookup(found => found.Marker, found => found.File);
    }

    /// <summary>In base64, what stands before it decides which of three forms it has; its first and last characters are shared with neighbours.</summary>
    private static byte[][] Forms(string marker) =>
    [
        Encoding.ASCII.GetBytes(marker),
        .. Enumerable.Range(0, 3).Select(offset => Encoding.ASCII.GetBytes(
            Convert.ToBase64String(Encoding.ASCII.GetBytes(new string('x', offset) + marker)).TrimEnd('=')[(offset + 1)..^1])),
    ];
}
