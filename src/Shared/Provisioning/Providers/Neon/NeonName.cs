using Freehold.Neon;

namespace Freehold.Provisioning.Providers.Neon;

/// <summary>
/// What a project is called among databases. Neon lets two projects have one name, and a creation that was slower than its host's lease may leave
/// a second one: it is called by its id too, so that it is nobody's.
/// </summary>
internal static class NeonName
{
    private const char Separator = '#';

    /// <summary>The name of the database that the project holds.</summary>
    public static string Of(NeonListedProject project, IReadOnlyDictionary<string, string> known) =>
        known.TryGetValue(project.Name, out string? id) && id != project.Id ? $"{project.Name}{Separator}{project.Id}" : project.Name;

    /// <summary>The name of the project, and its id where it is called by it.</summary>
    public static (string Name, string? ProjectId) Parse(string database) =>
        database.Split(Separator) is [var name, var id] ? (name, id) : (database, null);
}
