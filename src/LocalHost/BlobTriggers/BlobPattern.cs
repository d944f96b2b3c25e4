namespace Freehold.LocalHost.BlobTriggers;

/// <summary>Reads the path of a blob trigger: a container, and one token for all that follows.</summary>
internal static class BlobPattern
{
    public static string ContainerOf(BlobTriggerAttribute trigger)
    {
        string[] parts = trigger.BlobPath.Split('/');
        return parts is [{ Length: > 0 } container, ['{', .., '}']]
            ? container
            : throw new InvalidOperationException($"The blob path '{trigger.BlobPath}' is not of the form 'container/{{name}}', the only one served here.");
    }
}
