using System.Text;
using System.Text.Json;

namespace Freehold.LocalHost.BlobTriggers;

/// <summary>
/// Receipts on disk, one JSON array a line: name and version, or the name alone once the blob is gone. The last line of a name counts.
/// A line that can't be read is skipped: at worst a version is handed over again. The file is rewritten without history when loaded.
/// </summary>
internal sealed class ReceiptFile : IDisposable
{
    private readonly string _path;
    private FileStream? _file;

    public ReceiptFile(string folder, string container)
    {
        Directory.CreateDirectory(folder);
        _path = Path.Combine(folder, $"receipts-{container}.jsonl");
    }

    public IReadOnlyDictionary<string, string> Load()
    {
        // Held open for as long as the host runs, so that a second host on the same folder fails at once.
        _file = new FileStream(_path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        Dictionary<string, string> receipts = Read(_file);
        Rewrite(receipts);
        return receipts;
    }

    public void Add(string name, string eTag) => Append([name, eTag]);

    public void Remove(string name) => Append([name]);

    public void Dispose() => _file?.Dispose();

    private static Dictionary<string, string> Read(Stream file)
    {
        Dictionary<string, string> receipts = new(StringComparer.Ordinal);
        using var reader = new StreamReader(file, Encoding.UTF8, leaveOpen: true);
        while (reader.ReadLine() is { } line)
        {
            switch (Parse(line))
            {
                case [string name, string eTag]:
                    receipts[name] = eTag;
                    break;
                case [string name]:
                    receipts.Remove(name);
                    break;
            }
        }

        return receipts;
    }

    private static string?[] Parse(string line)
    {
        try
        {
            return JsonSerializer.Deserialize<string?[]>(line) ?? [];
        }
        catch (JsonException)
        {
            return [];
        }
    }

    private void Rewrite(Dictionary<string, string> receipts)
    {
        string next = _path + ".next";
        var file = new FileStream(next, FileMode.Create, FileAccess.ReadWrite, FileShare.None);
        foreach ((string name, string eTag) in receipts)
        {
            file.Write(Line([name, eTag]));
        }

        file.Flush();
        File.Move(next, _path, overwrite: true);
        _file!.Dispose();
        _file = file;
    }

    /// <summary>Handed to the operating system line by line: a killed process loses none.</summary>
    private void Append(string[] receipt)
    {
        _file!.Write(Line(receipt));
        _file.Flush();
    }

    private static byte[] Line(string[] receipt) => [.. JsonSerializer.SerializeToUtf8Bytes(receipt), (byte)'\n'];
}
