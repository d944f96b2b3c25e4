using Freehold.LocalHost.Invocation;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Logging;
using NCrontab;

namespace Freehold.LocalHost.TimerTriggers;

/// <summary>
/// Runs a function on its schedule, in UTC and never twice at a time. Occurrences missed while it ran, or while the machine slept,
/// are made up for by one late run.
/// </summary>
internal sealed class TimerListener : IListener
{
    private static readonly TimeSpan Tolerance = TimeSpan.FromSeconds(1);

    /// <summary>Timers can't wait for longer than some weeks at once.</summary>
    private static readonly TimeSpan LongestDelay = TimeSpan.FromDays(1);

    private readonly Function _function;
    private readonly bool _runsOnStartup;
    private readonly CrontabSchedule _schedule;
    private readonly FunctionRunner _runner;
    private readonly HostStop _stop;
    private readonly TimeProvider _time;
    private readonly ILogger<TimerListener> _logger;

    public TimerListener(
        Function function, TimerTriggerAttribute trigger, IConfiguration configuration,
        FunctionRunner runner, HostStop stop, TimeProvider time, ILogger<TimerListener> logger)
    {
        (_function, _runner, _stop, _time, _logger) = (function, runner, stop, time, logger);
        _runsOnStartup = trigger.RunOnStartup;
        string expression = Expression(trigger.Schedule, configuration);
        _schedule = CrontabSchedule.Parse(expression, new CrontabSchedule.ParseOptions { IncludingSeconds = true });
    }

    public async Task RunAsync()
    {
        DateTime last = Now();
        if (_runsOnStartup)
        {
            // The start of the host does not wait for it.
            await Task.Yield();
            await InvokeAsync(isPastDue: false);
        }

        while (true)
        {
            DateTime due = _schedule.GetNextOccurrence(last);
            await WaitUntilAsync(due);
            if (_stop.Draining.IsCancellationRequested)
            {
                return;
            }

            DateTime started = Now();
            await InvokeAsync(isPastDue: started - due > Tolerance);
            last = started;
        }
    }

    private DateTime Now() => _time.GetUtcNow().UtcDateTime;

    /// <summary>Waits on even when the clock is a little behind at the end of a delay: a run that came early would come twice.</summary>
    private async Task WaitUntilAsync(DateTime due)
    {
        while (due - Now() is { Ticks: > 0 } left && !_stop.Draining.IsCancellationRequested)
        {
            TimeSpan delay = left < LongestDelay ? left : LongestDelay;
            await Task.Delay(delay, _time, _stop.Draining).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private async Task InvokeAsync(bool isPastDue)
    {
        try
        {
            await _runner.RunAsync(_function, new TimerInfo { IsPastDue = isPastDue });
        }
        catch (OperationCanceledException) when (_stop.Cancelling.IsCancellationRequested)
        {
            // The stop was asked for and waits for nothing more.
        }
        catch (Exception exception)
        {
            Log.TimerFunctionFailed(_logger, exception, _function.Name);
        }
    }

    private static string Expression(string schedule, IConfiguration configuration)
    {
        if (schedule is not ['%', .. string name, '%'])
        {
            return schedule;
        }

        return configuration[name]
            ?? throw new InvalidOperationException($"The setting '{name}' is missing. It holds the schedule of a timer.");
    }
}
