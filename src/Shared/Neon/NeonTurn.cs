using System.Threading.RateLimiting;

namespace Freehold.Neon;

/// <summary>A turn to ask Neon, until it is disposed; or the refusal of one.</summary>
internal sealed class NeonTurn : RateLimitLease
{
    private readonly TimeSpan? _retryAfter;
    private Action? _end;

    /// <summary>A turn.</summary>
    public NeonTurn(Action end) => _end = end;

    /// <summary>A refusal.</summary>
    public NeonTurn(TimeSpan retryAfter) => _retryAfter = retryAfter;

    /// <inheritdoc/>
    public override bool IsAcquired => _retryAfter is null;

    /// <inheritdoc/>
    public override IEnumerable<string> MetadataNames => IsAcquired ? [] : [MetadataName.RetryAfter.Name];

    /// <inheritdoc/>
    public override bool TryGetMetadata(string metadataName, out object? metadata)
    {
        metadata = metadataName == MetadataName.RetryAfter.Name ? _retryAfter : null;
        return metadata is not null;
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        Interlocked.Exchange(ref _end, null)?.Invoke();
        base.Dispose(disposing);
    }
}
