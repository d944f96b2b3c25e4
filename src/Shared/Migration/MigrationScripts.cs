using System.Security.Cryptography;
using System.Text;

namespace Freehold.Migration;

/// <summary>One numbered SQL file.</summary>
/// <param name="Version">Its number, from 1.</param>
/// <param name="Name">File name without ending.</param>
/// <param name="Sql">Its text.</param>
/// <param name="Checksum">SHA-256 of the text as the first model has it: a database may change its model after the script was applied.</param>
internal sealed record MigrationScript(int Version, string Name, string Sql, byte[] Checksum);

/// <summary>The SQL files embedded in this assembly, in order.</summary>
internal static class MigrationScripts
{
    private const string FirstModel = "lexical-384";
    private const int FirstDimensions = 384;

    /// <summary>Scripts of the control database.</summary>
    public static IReadOnlyList<MigrationScript> Catalog { get; } = Load("Catalog/", static sql => sql);

    /// <summary>Scripts of a work store that does not lie beside the catalog, whose own scripts hold the same.</summary>
    public static IReadOnlyList<MigrationScript> Work { get; } = Load("Work/", static sql => sql);

    /// <summary>Number of the newest script of a tenant database.</summary>
    public static int TenantVersion { get; } = Tenant(FirstModel, FirstDimensions).Count;

    /// <summary>Scripts of a tenant database whose vectors have the given length and come from the given model.</summary>
    public static IReadOnlyList<MigrationScript> Tenant(string model, int dimensions) => Load(
        "Tenant/",
        sql => Fill(sql, model, dimensions));

    /// <summary>A short name for exactly this list of scripts.</summary>
    public static string Fingerprint(IReadOnlyList<MigrationScript> scripts) =>
        Convert.ToHexStringLower(SHA256.HashData(scripts.SelectMany(script => SHA256.HashData(Encoding.UTF8.GetBytes(script.Sql))).ToArray()))[..8];

    private static string Fill(string sql, string model, int dimensions) => sql
        .Replace("{model}", model, StringComparison.Ordinal)
        .Replace("{dimensions}", dimensions.ToString(System.Globalization.CultureInfo.InvariantCulture), StringComparison.Ordinal);

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
        string text = reader.ReadToEnd();
        string name = Path.GetFileNameWithoutExtension(resource);
        int version = int.Parse(name.AsSpan(0, 4), System.Globalization.CultureInfo.InvariantCulture);
        return version == expected
            ? new MigrationScript(version, name, fill(text), SHA256.HashData(Encoding.UTF8.GetBytes(Fill(text, FirstModel, FirstDimensions))))
            : throw new InvalidOperationException($"Migration {expected} is missing before {name}.");
    }
}
