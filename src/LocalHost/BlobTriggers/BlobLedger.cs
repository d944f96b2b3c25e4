namespace Freehold.LocalHost.BlobTriggers;

/// <summary>
/// What is known of a container's blobs: the version last handed over (the receipt) and the one under way. Listings are compared
/// with it one after the other; versions are started and finished from many threads meanwhile.
/// </summary>
internal sealed class BlobLedger : IDisposable
{
    private readonly Lock _lock = new();
    private readonly Dictionary<string, KnownBlob> _blobs = new(StringComparer.Ordinal);
    private readonly ReceiptFile _file;
    private int _listing;

    public BlobLedger(ReceiptFile file)
    {
        _file = file;
        foreach ((string name, string eTag) in file.Load())
        {
            _blobs.Add(name, new KnownBlob { Receipt = eTag, Handed = true });
        }
    }

    public void BeginListing() => _listing++;

    /// <summary>Takes note of a listed blob. The answer is the version to hand over, if it is news.</summary>
    public BlobVersion? See(string name, string eTag)
    {
        lock (_lock)
        {
            if (!_blobs.TryGetValue(name, out KnownBlob? blob))
            {
                _blobs.Add(name, blob = new KnownBlob());
            }

            blob.SeenInListing = _listing;
            if (blob.Running || blob.Receipt == eTag || blob.Awaited?.ETag == eTag)
            {
                return null;
            }

            return blob.Awaited = new BlobVersion(name, eTag);
        }
    }

    /// <summary>
    /// After a page of the listing, whose names come in ordinal order: the blobs that it lacks and that a function has seen. They stay
    /// known until forgotten.
    /// </summary>
    /// <param name="after">Name that it begins after; null at the beginning.</param>
    /// <param name="last">Name that the page ends with; null when nothing follows.</param>
    public IReadOnlyList<string> EndPage(string? after, string? last)
    {
        lock (_lock)
        {
            List<string> gone = [];
            foreach ((string name, KnownBlob blob) in _blobs)
            {
                if (blob.SeenInListing == _listing || blob.Running || !IsOnPage(name, after, last))
                {
                    continue;
                }

                blob.Awaited = null;
                if (blob.Handed)
                {
                    gone.Add(name);
                }
                else
                {
                    _blobs.Remove(name);
                }
            }

            return gone;
        }
    }

    public void Forget(string name)
    {
        lock (_lock)
        {
            _blobs.Remove(name);
            _file.Remove(name);
        }
    }

    /// <summary>Whether a version is still the one to hand over. From here on no other version of the blob starts.</summary>
    public bool TryStart(BlobVersion version)
    {
        lock (_lock)
        {
            if (!_blobs.TryGetValue(version.Name, out KnownBlob? blob) || blob.Awaited != version)
            {
                return false;
            }

            return blob.Running = blob.Handed = true;
        }
    }

    /// <summary>Ends an attempt. With a receipt the version is never handed over again.</summary>
    public void Finish(BlobVersion version, bool receipt)
    {
        lock (_lock)
        {
            KnownBlob blob = _blobs[version.Name];
            blob.Running = false;
            if (receipt)
            {
                blob.Receipt = version.ETag;
                blob.Awaited = null;
                _file.Add(version.Name, version.ETag);
            }
        }
    }

    public void Dispose() => _file.Dispose();

    private static bool IsOnPage(string name, string? after, string? last) =>
        string.CompareOrdinal(name, after) > 0 && (last is null || string.CompareOrdinal(name, last) <= 0);
}
