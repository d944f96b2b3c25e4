using System.Globalization;
using System.Text.Json.Nodes;

namespace Freehold.Neon.Simulator;

/// <summary>What the projects of the account used.</summary>
internal sealed class AccountCalls(Projects projects, SimulatorOptions options)
{
    private readonly Dictionary<string, List<(DateTimeOffset From, DateTimeOffset To, string Metric, long Value)>> _figures = [];

    /// <summary>Says what a project used in a span.</summary>
    public void SetConsumption(string projectId, DateTimeOffset from, DateTimeOffset to, string metric, long value)
    {
        lock (projects.Lock)
        {
            if (!_figures.TryGetValue(projectId, out var figures))
            {
                _figures.Add(projectId, figures = []);
            }

            figures.RemoveAll(figure => figure.From == from && figure.To == to && figure.Metric == metric);
            figures.Add((from, to, metric, value));
        }
    }

    /// <summary>The cursor is the last project's id.</summary>
    public Answer Consumption(Call call)
    {
        DateTimeOffset from = Moment(call, "from");
        DateTimeOffset to = Moment(call, "to");
        string[] metrics = Required(call, "metrics").Split(',');
        string[]? asked = call.Query("project_ids")?.Split(',');
        if (Required(call, "org_id") != options.OrgId)
        {
            return Answer.Error(404, "organization not found");
        }

        if (Required(call, "granularity") is not ("hourly" or "daily" or "monthly"))
        {
            return Answer.Error(406, "unknown granularity");
        }

        JsonObject[] page = [.. projects.All
            .Where(project => string.CompareOrdinal(project.Id, call.Query("cursor") ?? string.Empty) > 0 && asked?.Contains(project.Id) != false)
            .Take(call.Limit(10, 100))
            .Select(project => Project(project, from, to, metrics))];
        JsonObject body = new() { ["projects"] = new JsonArray([.. page]) };
        if (page.Length > 0)
        {
            body["pagination"] = new JsonObject { ["cursor"] = page[^1]["project_id"]!.DeepClone() };
        }

        return Answer.Ok(body);
    }

    private static string Required(Call call, string name) => call.Query(name) ?? throw new RefusedException(400, $"{name} is required");

    private static DateTimeOffset Moment(Call call, string name) =>
        DateTimeOffset.TryParse(Required(call, name), CultureInfo.InvariantCulture, out DateTimeOffset moment)
            ? moment
            : throw new RefusedException(400, $"{name} is not a time");

    private JsonObject Project(SimulatedProject project, DateTimeOffset from, DateTimeOffset to, string[] metrics)
    {
        var spans = _figures.GetValueOrDefault(project.Id, [])
            .Where(figure => figure.From >= from && figure.To <= to && metrics.Contains(figure.Metric))
            .GroupBy(figure => (figure.From, figure.To))
            .OrderBy(span => span.Key.From)
            .Select(span => new JsonObject
            {
                ["timeframe_start"] = Bodies.Time(span.Key.From),
                ["timeframe_end"] = Bodies.Time(span.Key.To),
                ["metrics"] = new JsonArray([.. span.Select(figure => new JsonObject { ["metric_name"] = figure.Metric, ["value"] = figure.Value })]),
            });
        return new JsonObject
        {
            ["project_id"] = project.Id,
            ["periods"] = new JsonArray(new JsonObject
            {
                ["period_id"] = Guid.Empty.ToString(),
                ["period_plan"] = "scale",
                ["period_start"] = Bodies.Time(project.CreatedAt),
                ["consumption"] = new JsonArray([.. spans]),
            }),
        };
    }
}
