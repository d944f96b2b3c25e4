using Freehold.LocalHost.BlobTriggers;

namespace Freehold.Functions.Tests.LocalHost;

public sealed class ReceiptFileTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("receipts-").FullName;

    private string FilePath => Path.Combine(_folder, "receipts-documents.jsonl");

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void Receipts_are_read_back()
    {
        Write(file =>
        {
            file.Add("a", "1");
            file.Add("line\nbreak \"ü\"", "1");
            file.Add("a", "2");
            file.Add("gone", "1");
            file.Remove("gone");
        });

        using var file = new ReceiptFile(_folder, "documents");
        Assert.Equivalent(new Dictionary<string, string> { ["a"] = "2", ["line\nbreak \"ü\""] = "1" }, file.Load(), strict: true);
    }

    [Theory]
    [InlineData("[\"torn")]
    [InlineData("[\"torn\",")]
    [InlineData("nonsense")]
    [InlineData("{}")]
    [InlineData("[1,2]")]
    [InlineData("[null,null]")]
    [InlineData("\0\0\0")]
    public void A_torn_last_line_is_skipped_and_does_not_spoil_the_next(string torn)
    {
        Write(file => file.Add("a", "1"));
        File.AppendAllText(FilePath, torn);
        Write(file => file.Add("b", "1"));

        using var file = new ReceiptFile(_folder, "documents");
        Assert.Equal(["a", "b"], file.Load().Keys.Order());
    }

    [Fact]
    public void Loading_rewrites_the_file_without_its_history()
    {
        Write(file =>
        {
            for (int version = 0; version < 100; version++)
            {
                file.Add("a", $"{version}");
            }
        });

        Write(_ => { });

        Assert.Equal("[\"a\",\"99\"]\n", File.ReadAllText(FilePath));
    }

    [Fact]
    public void A_second_host_on_the_same_folder_is_refused()
    {
        Write(_ =>
        {
            using var second = new ReceiptFile(_folder, "documents");
            Assert.ThrowsAny<IOException>(second.Load);
        });
    }

    private void Write(Action<ReceiptFile> write)
    {
        using var file = new ReceiptFile(_folder, "documents");
        file.Load();
        write(file);
    }
}
