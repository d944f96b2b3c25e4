namespace Freehold.Functions.Tests.Chaos;

/// <summary>
/// What happens to one document: it is uploaded, edited, replaced, uploaded again as it is, deleted, in some order, by the API and straight in
/// storage.
/// </summary>
internal sealed class DocumentLife(PatientClient client, WrittenDocument document, Random random, TimeSpan longestPause)
{
    private int _left = random.Next(1, 6);

    public string Tenant => client.Tenant;

    public string Path => document.Path;

    /// <summary>Whether somebody else writes to the same path, so that nobody knows what is there in the end.</summary>
    public bool IsContested { get; init; }

    /// <summary>What has to be in storage now; null where nothing has.</summary>
    public byte[]? Expected { get; private set; }

    /// <summary>How many steps are left.</summary>
    public int Left => _left;

    public async Task RunAsync(Action stepped, CancellationToken cancellationToken)
    {
        await WriteAsync();
        for (; _left > 0; _left--)
        {
            stepped();
            await Task.Delay(longestPause * random.NextDouble(), cancellationToken);
            await StepAsync();
        }

        stepped();
    }

    private Task StepAsync()
    {
        switch (random.Next(10))
        {
            case < 4:
                document.Edit();
                return WriteAsync();
            case < 6:
                document.Replace();
                return WriteAsync();
            case < 7:
                return WriteAsync();
            default:
                return DeleteAsync();
        }
    }

    private async Task WriteAsync()
    {
        byte[] content = document.Bytes;
        if (document.IsBroken || random.Next(5) < 2)
        {
            await client.WriteBlobAsync(Path, content, random.Next(2) == 0 ? null : "text/plain");
        }
        else
        {
            await client.PutAsync(Path, content);
        }

        Expected = content;
    }

    private async Task DeleteAsync()
    {
        await (random.Next(2) == 0 ? client.DeleteBlobAsync(Path) : client.DeleteAsync(Path));
        Expected = null;
    }
}
