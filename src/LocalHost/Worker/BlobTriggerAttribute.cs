namespace Freehold.LocalHost.Worker;

/// <summary>How blob changes are noticed.</summary>
public enum BlobTriggerSource
{
    /// <summary>Storage logs and container scans. Refused here: Flex Consumption does not offer it.</summary>
    LogsAndContainerScan,

    /// <summary>Event Grid. The local host, which has none, compares listings.</summary>
    EventGrid,
}

/// <summary>Binds a function to new and changed blobs.</summary>
[AttributeUsage(AttributeTargets.Parameter)]
public sealed class BlobTriggerAttribute(string blobPath) : Attribute
{
    /// <summary>Name of the setting that holds the connection.</summary>
    public string? Connection { get; set; }

    /// <summary>How changes are noticed.</summary>
    public BlobTriggerSource Source { get; set; } = BlobTriggerSource.LogsAndContainerScan;

    internal string BlobPath { get; } = blobPath;
}
