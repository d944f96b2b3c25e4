namespace Freehold.Storage;

/// <summary>How long blob storage itself keeps what was deleted ("soft delete").</summary>
/// <param name="Days">Days; 0 where it keeps nothing; null where this program may not know.</param>
public readonly record struct BlobRetention(int? Days)
{
    /// <summary>Storage keeps nothing.</summary>
    public static BlobRetention None { get; } = new(0);

    /// <summary>Storage does not tell this program's identity.</summary>
    public static BlobRetention Unknown { get; } = new(null);
}
