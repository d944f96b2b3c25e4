using System.Globalization;
using System.Text.Json.Nodes;

namespace Freehold.Neon.Simulator;

/// <summary>Pages of projects: those that were made, then as many as are asked for that stand nowhere but in the list.</summary>
internal sealed class ListedProjects(Projects projects, SimulatorOptions options)
{
    // After those of the projects that were made, in any order by id.
    private const string Prefix = "simulated-z-";

    private readonly DateTimeOffset _created = options.Time.GetUtcNow();

    public Answer List(Call call)
    {
        int limit = call.Limit(10, 400);
        bool recoverable = call.Query("recoverable") == "true";
        string cursor = call.Query("cursor") ?? string.Empty;
        string search = call.Query("search") ?? string.Empty;
        if (call.Query("org_id") is { } orgId && orgId != options.OrgId)
        {
            return Answer.Error(404, "organization not found");
        }

        JsonArray unavailable = [];
        IEnumerable<SimulatedProject> found = projects.All
            .Where(project => !project.IsPurged && project.IsThere != recoverable && Fits(project.Id, project.Name, search));
        if (call.Fault?.Kind == FaultKind.Unavailable)
        {
            unavailable = [.. found.Select(project => (JsonNode)project.Id)];
            found = [];
        }

        JsonObject[] page = [.. found.Concat(recoverable ? [] : Listed(cursor, search))
            .Where(project => string.CompareOrdinal(project.Id, cursor) > 0)
            .Take(limit)
            .Select(project => Bodies.ListedProject(project, options.OrgId, options.RecoveryWindow))];
        JsonObject body = new()
        {
            ["projects"] = new JsonArray([.. page]),
            ["applications"] = new JsonObject(),
            ["integrations"] = new JsonObject(),
        };
        if (page.Length > 0)
        {
            body["pagination"] = new JsonObject { ["cursor"] = page[^1]["id"]!.DeepClone() };
        }

        if (unavailable.Count > 0)
        {
            body["unavailable_project_ids"] = unavailable;
        }

        return Answer.Ok(body);
    }

    private static bool Fits(string id, string name, string search) =>
        search.Length == 0 || name.Contains(search, StringComparison.Ordinal) || id.Contains(search, StringComparison.Ordinal);

    private IEnumerable<SimulatedProject> Listed(string cursor, string search)
    {
        int start = cursor.StartsWith(Prefix, StringComparison.Ordinal) ? int.Parse(cursor[Prefix.Length..], CultureInfo.InvariantCulture) + 1 : 0;
        for (int i = start; i < options.ListedProjects; i++)
        {
            string id = FormattableString.Invariant($"{Prefix}{i:D9}");
            string name = i < options.ListedNames.Count ? options.ListedNames[i] : FormattableString.Invariant($"listed-{i:D9}");
            if (Fits(id, name, search))
            {
                yield return new() { Id = id, Name = name, RegionId = "aws-us-east-2", PgVersion = 17, CreatedAt = _created, StoresPasswords = true };
            }
        }
    }
}
