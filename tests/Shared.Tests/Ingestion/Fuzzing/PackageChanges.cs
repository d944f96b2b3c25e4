using System.IO.Compression;
using System.Text;

namespace Freehold.Tests.Ingestion.Fuzzing;

/// <summary>Damages parts of a package, which stays a sound zip file.</summary>
internal static class PackageChanges
{
    public static byte[] Apply(byte[] content, byte[] other, Change[] changes)
    {
        var parts = Unpack(content);
        var from = other is [(byte)'P', (byte)'K', ..] ? Unpack(other) : [("", other)];
        foreach (var change in changes)
        {
            var at = change.Number % parts.Count;
            var (name, bytes) = parts[at];

            // A part of another package, now and then under the name of one of this.
            if (change.Kind % 13 == 0)
            {
                parts[at] = (name, from[change.Number % from.Count].Content);
            }
            else if (change.Kind % 13 == 1)
            {
                parts.RemoveAt(at);
                parts.Add((change.Number % 2 == 0 ? name : name.ToUpperInvariant(), bytes));
            }
            else if (change.Kind % 13 == 2 || !IsXml(name))
            {
                parts[at] = (name, ByteChanges.Apply(bytes, other, [change with { Kind = change.Number }]));
            }
            else
            {
                var text = TextChanges.Apply(Encoding.UTF8.GetString(bytes), Encoding.UTF8.GetString(from[change.Number % from.Count].Content), [change]);
                parts[at] = (name, Encoding.UTF8.GetBytes(text));
            }
        }

        return Pack(parts);
    }

    private static bool IsXml(string name) => Path.GetExtension(name).ToLowerInvariant() is ".xml" or ".rels";

    private static List<(string Name, byte[] Content)> Unpack(byte[] content)
    {
        using var zip = new ZipArchive(new MemoryStream(content), ZipArchiveMode.Read);
        return zip.Entries.Select(entry =>
        {
            using var part = entry.Open();
            using var copy = new MemoryStream();
            part.CopyTo(copy);
            return (entry.FullName, copy.ToArray());
        }).ToList();
    }

    private static byte[] Pack(List<(string Name, byte[] Content)> parts)
    {
        using var packed = new MemoryStream();
        using (var zip = new ZipArchive(packed, ZipArchiveMode.Create, leaveOpen: true))
        {
            foreach (var (name, content) in parts)
            {
                using var part = zip.CreateEntry(name, CompressionLevel.Fastest).Open();
                part.Write(content);
            }
        }

        return packed.ToArray();
    }
}
