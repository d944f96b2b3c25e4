using System.Reflection;

namespace Freehold.Architecture.Tests;

/// <summary>Where things are, as the build knew it.</summary>
internal static class Repository
{
    public static string Folder { get; } = Metadata("Repository");

    /// <summary>Folder of the Bicep compiler's package.</summary>
    public static string BicepPackage { get; } = Metadata("Bicep");

    private static string Metadata(string key) => typeof(Repository).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>()
        .Single(attribute => attribute.Key == key).Value!;
}
