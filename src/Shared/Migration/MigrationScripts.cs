using System.Security.Cryptography;
using System.Text;

namespace Freehold.Migration;

/// <summary>One numbered SQL file.</summary>
/// <param name="Version">Its number, from 1.</param>
/// <param name="Name">File name without ending.</param>
/// <param name="Sql">Its text.</param>
/// <param name="Checksum">SHA-256 of the text.</param>
internal sealed record MigrationScript(int Version, string Name, string Sql, byte[] Checksum);

/// <summary>The SQL files embedded in this assembly, in order.</summary>
internal static class MigrationScripts
{
    /// <summary>Scripts of the control database.</summary>
    public static IReadOnlyList<MigrationScript> Catalog { get; } = Load("Catalog/", static sql => sql);

    /// <summary>Scripts of a tenant database whose vectors have the given length and come from the given model.</summary>
    public static IReadOnlyList<MigrationScript> Tenant(string model, int dimensions) => Load(
        "Tenant/",
        sql => sql
            .Replace("{model}", model, StringComparison.Ordinal)
            .Replace("{dimensions}", dimensions.ToString(System.Globalization.CultureInfo.InvariantCulture), StringComparison.Ordinal));

    /// <summary>A short name for exactly this list of scripts.</summary>
    public static string Fingerprint(IReadOnlyList<MigrationScript> scripts) =>
        Convert.ToHexStringLower(SHA256.HashData(scripts.SelectMany(script => script.Checksum).ToArray()))[..8];

    private static MigrationScript[] Load(string folder, Func<string, string> fill)
    {
        System.Reflection.Assembly assembly = typeof(MigrationScripts).Assembly;
        return assembly.GetManifestResourceNames()
            .Where(name => name.StartsWith(folder, StringComparison.Ordinal))
            .Order(StringComparer.Ordinal)
            .Select((name, index) => Read(assembly, name, index + 1, fill))
            .ToArray();
    }

    private static MigrationScript Read(System.Reflection.Assembly assembly, string resource, int expected, Func<string, string> fill)
    {
        using StreamReader reader = new(assembly.GetManifestResourceStream(resource)!);
        string sql = fill(reader.ReadToEnd());
        string name = Path.GetFileNameWithoutExtension(resource);
        int version = int.Parse(name.AsSpan(0, 4), System.Globalization.CultureInfo.InvariantCulture);
        return version == expected
            ? new MigrationScript(version, name, sql, SHA256.HashData(Encoding.UTF8.GetBytes(sql)))
            : throw new InvalidOperationException($"Migration {expected} is missing before {name}.");
    }
}
