using System.Globalization;
using System.Text.Json.Nodes;

namespace Freehold.Neon.Simulator;

/// <summary>What a request is answered with.</summary>
internal sealed record Answer(int Status, JsonObject Body)
{
    /// <summary>Whole seconds, or a date.</summary>
    public string? RetryAfter { get; init; }

    public static Answer Ok(JsonObject body) => new(200, body);

    public static Answer Created(JsonObject body) => new(201, body);

    public static Answer Error(int status, string message, string code = "") =>
        new(status, new JsonObject { ["code"] = code, ["message"] = message });

    /// <summary>The same, with the wish to be left alone for a while, if there is one.</summary>
    /// <param name="pause">How long.</param>
    /// <param name="now">The time, if a date is to be named.</param>
    public Answer After(TimeSpan? pause, DateTimeOffset? now = null) => this with
    {
        RetryAfter = pause is not { } time ? null
            : now is { } moment ? (moment + time).ToString("r", CultureInfo.InvariantCulture)
            : Math.Ceiling(time.TotalSeconds).ToString(CultureInfo.InvariantCulture),
    };
}

/// <summary>A request that cannot be met.</summary>
internal sealed class RefusedException(int status, string message, string code = "") : Exception(message)
{
    public Answer Answer { get; } = Answer.Error(status, message, code);
}

/// <summary>A request that was understood.</summary>
/// <param name="Route">Its route's template.</param>
/// <param name="Values">The path's values by their names in the template.</param>
/// <param name="Query">A value of the query by its name.</param>
/// <param name="Body">The body; null without one.</param>
/// <param name="Fault">What goes wrong with it.</param>
internal sealed record Call(
    string Route, IReadOnlyDictionary<string, string> Values, Func<string, string?> Query, JsonObject? Body, Fault? Fault)
{
    public string this[string name] => Values[name];

    /// <summary>Why the operations that it starts fail, if they do.</summary>
    public string? OperationError => Fault?.Kind == FaultKind.OperationFails ? "simulated failure" : null;

    public JsonObject Part(string name) => Body?[name] as JsonObject ?? throw new RefusedException(400, $"request body has an error: {name} is missing");

    /// <summary>A whole number of the query within bounds.</summary>
    public int Limit(int otherwise, int most) =>
        Query("limit") is not { } text ? otherwise
        : int.TryParse(text, out int limit) && limit >= 1 && limit <= most ? limit
        : throw new RefusedException(400, $"limit must be between 1 and {most}");
}
