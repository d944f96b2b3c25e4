namespace Freehold.LocalHost.Worker;

/// <summary>Binds a function to a schedule: NCRONTAB with six fields, or a setting's name in per cent signs.</summary>
[AttributeUsage(AttributeTargets.Parameter)]
public sealed class TimerTriggerAttribute(string schedule) : Attribute
{
    /// <summary>Whether missed runs are remembered over restarts. The local host remembers none.</summary>
    public bool UseMonitor { get; set; } = true;

    /// <summary>Whether the function also runs when the host starts.</summary>
    public bool RunOnStartup { get; set; }

    internal string Schedule { get; } = schedule;
}

/// <summary>State of a timer.</summary>
public class TimerInfo
{
    /// <summary>Whether this run comes later than scheduled.</summary>
    public bool IsPastDue { get; set; }
}
