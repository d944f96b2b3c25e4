namespace Freehold.Neon;

/// <summary>Which figures are asked for. They come up to an hour late; asking wakes no compute.</summary>
/// <param name="From">Whole hours, days or months, by <paramref name="Granularity"/>.</param>
/// <param name="To">The same; not included.</param>
/// <param name="Granularity"><c>hourly</c> (of the last 168 hours), <c>daily</c> (60 days) or <c>monthly</c> (a year).</param>
/// <param name="Metrics">Neon's names, such as <c>compute_unit_seconds</c>.</param>
internal sealed record NeonConsumptionQuery(
    DateTimeOffset From, DateTimeOffset To, string Granularity, IReadOnlyList<string> Metrics)
{
    /// <summary>Up to 100 projects; none for all.</summary>
    public IReadOnlyList<string> ProjectIds { get; init; } = [];

    /// <summary>Where the page before ended.</summary>
    public string? Cursor { get; init; }
}

/// <summary>A page of projects and what they used.</summary>
internal sealed record NeonConsumptionPage
{
    public required IReadOnlyList<NeonProjectConsumption> Projects { get; init; }

    public NeonCursor? Pagination { get; init; }

    /// <summary>What to ask the next page with; null after the last.</summary>
    internal string? Next => Projects.Count == 0 ? null : Pagination?.Cursor;
}

/// <summary>What one project used.</summary>
internal sealed record NeonProjectConsumption
{
    public required string ProjectId { get; init; }

    public required IReadOnlyList<NeonConsumptionPeriod> Periods { get; init; }
}

/// <summary>A period that is billed as one.</summary>
internal sealed record NeonConsumptionPeriod
{
    public required DateTimeOffset PeriodStart { get; init; }

    public DateTimeOffset? PeriodEnd { get; init; }

    public required IReadOnlyList<NeonConsumptionSpan> Consumption { get; init; }
}

/// <summary>An hour, a day or a month.</summary>
internal sealed record NeonConsumptionSpan
{
    public required DateTimeOffset TimeframeStart { get; init; }

    public required DateTimeOffset TimeframeEnd { get; init; }

    public required IReadOnlyList<NeonMetric> Metrics { get; init; }
}

/// <summary>One figure, in the unit that its name says.</summary>
internal sealed record NeonMetric
{
    public required string MetricName { get; init; }

    public required long Value { get; init; }
}
