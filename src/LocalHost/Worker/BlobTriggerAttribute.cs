namespace Freehold.LocalHost.Worker;

/// <summary>How blob changes are noticed.</summary>
public enum BlobTriggerSource
{
    /// <summary>Storage logs and container scans.</summary>
    LogsAndContainerScan,

    /// <summary>Event Grid. The local host, which has none, compares listings.</summary>
    EventGrid,
}

/// <summary>Binds a function to new and changed blobs.</summary>
[AttributeUsage(AttributeTargets.Parameter)]
public sealed class BlobTriggerAttribute(string blobPath) : Attribute
{
    /// <summary>Container and pattern, e.g. <c>documents/{name}</c>.</summary>
    public string BlobPath { get; } = blobPath;

    /// <summary>Name of the setting that holds the connection.</summary>
    public string? Connection { get; set; }

    /// <summary>How changes are noticed.</summary>
    public BlobTriggerSource Source { get; set; } = BlobTriggerSource.LogsAndContainerScan;
}
