namespace Freehold.LocalHost.BlobTriggers;

/// <summary>One version of a blob on its way to a function. It is equal to itself alone.</summary>
internal sealed class BlobVersion(string name, string eTag)
{
    public string Name { get; } = name;

    public string ETag { get; } = eTag;
}
