namespace Freehold.Provisioning.Fleet;

/// <summary>Kinds of things that may be nobody's, as they stand in the catalog and in reports.</summary>
internal static class OrphanKinds
{
    public const string Database = "database";
    public const string Role = "role";
    public const string Blobs = "blobs";
}
