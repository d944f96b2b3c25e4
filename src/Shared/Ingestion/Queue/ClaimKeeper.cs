namespace Freehold.Ingestion;

/// <summary>Keeps a claim alive while its holder is at work, and ends the work when somebody else has overtaken it.</summary>
internal sealed class ClaimKeeper(Claims claims, DocumentClaim claim, TimeProvider time)
{
    private long _renewed = time.GetTimestamp();

    /// <summary>Says that the work goes on. To be called every now and then.</summary>
    /// <exception cref="ClaimLostException">The claim is somebody else's.</exception>
    public async Task KeepAsync(CancellationToken cancellationToken)
    {
        if (time.GetElapsedTime(_renewed) > claims.RenewedAfter)
        {
            _renewed = time.GetTimestamp();
            await RenewAsync(cancellationToken);
        }
    }

    /// <summary>The same, at once.</summary>
    /// <exception cref="ClaimLostException">The claim is somebody else's.</exception>
    public async Task RenewAsync(CancellationToken cancellationToken)
    {
        if (!await claims.RenewAsync(claim, cancellationToken))
        {
            throw new ClaimLostException();
        }
    }
}

/// <summary>Another has taken the document over. What it is to become is no longer this attempt's to say.</summary>
internal sealed class ClaimLostException() : Exception("The claim was overtaken.");
