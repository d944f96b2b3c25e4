namespace Freehold.LocalHost.BlobTriggers;

/// <summary>Reads the path of a blob trigger: a container, and one token for all that follows.</summary>
internal static class BlobPattern
{
    /// <summary>The container of <c>container/{name}</c>; null for any other form.</summary>
    public static string? ContainerOf(BlobTriggerAttribute trigger) =>
        trigger.BlobPath.Split('/') is [{ Length: > 0 } container, ['{', .., '}']] ? container : null;
}
