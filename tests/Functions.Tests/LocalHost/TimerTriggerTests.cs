using Freehold.Functions.Tests.LocalHost.Fixtures;
using Freehold.LocalHost.Worker;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;

namespace Freehold.Functions.Tests.LocalHost;

public sealed class TimerTriggerTests
{
    private readonly FakeTimeProvider _time = new(new DateTimeOffset(2026, 3, 1, 11, 59, 30, TimeSpan.Zero));

    [Fact]
    public async Task A_timer_runs_at_every_occurrence_of_its_schedule()
    {
        await using RunningHost host = await StartAsync<EveryMinute>();

        _time.Advance(TimeSpan.FromSeconds(29));
        await StaysAsync(host);
        _time.Advance(TimeSpan.FromSeconds(1));
        await RunsAsync(host, "12:00:00 False");
        _time.Advance(TimeSpan.FromSeconds(60));
        await RunsAsync(host, "12:00:00 False", "12:01:00 False");
    }

    [Fact]
    public async Task A_schedule_may_stand_in_a_setting()
    {
        await using RunningHost host = await StartAsync<FromSetting>(("Sweep:Schedule", "15 30 4 * * *"));

        _time.Advance(TimeSpan.FromHours(16));
        await StaysAsync(host);
        _time.SetUtcNow(new DateTimeOffset(2026, 3, 2, 4, 30, 15, TimeSpan.Zero));
        await RunsAsync(host, "04:30:15 False");
    }

    [Fact]
    public async Task A_timer_may_also_run_at_the_start()
    {
        await using RunningHost host = await StartAsync<AtStart>();

        await RunsAsync(host, "11:59:30 False");
        _time.Advance(TimeSpan.FromSeconds(30));
        await RunsAsync(host, "11:59:30 False", "12:00:00 False");
    }

    [Fact]
    public async Task A_late_run_knows_that_it_is_late()
    {
        await using RunningHost host = await StartAsync<EveryMinute>();

        _time.Advance(TimeSpan.FromSeconds(45));

        await RunsAsync(host, "12:00:15 True");
    }

    [Fact]
    public async Task A_timer_never_overlaps_itself_and_makes_up_for_missed_occurrences_once()
    {
        await using RunningHost host = await StartAsync<EveryMinute>();
        var gate = new TaskCompletionSource();
        host.Invocations.Behaviour = (_, _) => gate.Task;
        _time.Advance(TimeSpan.FromSeconds(30));
        await RunsAsync(host, "12:00:00 False");

        _time.Advance(TimeSpan.FromSeconds(210));
        await StaysAsync(host, "12:00:00 False");

        gate.SetResult();
        await RunsAsync(host, "12:00:00 False", "12:03:30 True");
        await StaysAsync(host, "12:00:00 False", "12:03:30 True");
        _time.Advance(TimeSpan.FromSeconds(30));
        await RunsAsync(host, "12:00:00 False", "12:03:30 True", "12:04:00 False");
    }

    [Fact]
    public async Task A_run_that_fails_is_logged_and_the_next_one_comes()
    {
        await using RunningHost host = await StartAsync<EveryMinute>();
        host.Invocations.Behaviour = (_, _) => throw new InvalidOperationException("no");

        _time.Advance(TimeSpan.FromSeconds(30));
        await RunsAsync(host, "12:00:00 False");
        _time.Advance(TimeSpan.FromSeconds(60));
        await RunsAsync(host, "12:00:00 False", "12:01:00 False");

        await host.Invocations.UntilAsync(_ => host.Log.Count(9030) == 2);
    }

    [Fact]
    public async Task A_schedule_whose_setting_is_missing_fails_the_start() =>
        await Assert.ThrowsAsync<InvalidOperationException>(() => StartAsync<FromSetting>());

    private Task<RunningHost> StartAsync<T>(params (string Name, string Value)[] settings) =>
        RunningHost.StartAsync([typeof(T)], services: services => services.AddSingleton<TimeProvider>(_time), settings: settings);

    /// <summary>Waits for the runs, and until the listener sleeps again: only then does the clock wake it.</summary>
    private static async Task RunsAsync(RunningHost host, params string[] runs)
    {
        await host.Invocations.UntilAsync(seen => seen.SequenceEqual(runs));
        await Task.Delay(50);
    }

    private static async Task StaysAsync(RunningHost host, params string[] runs)
    {
        await Task.Delay(150);
        Assert.Equal(runs, host.Invocations.Seen);
    }

    private sealed class EveryMinute(Invocations invocations, TimeProvider time)
    {
        [Function("EveryMinute")]
        public Task RunAsync([TimerTrigger("0 */1 * * * *")] TimerInfo timer, CancellationToken cancellationToken) =>
            invocations.RunAsync($"{time.GetUtcNow():HH:mm:ss} {timer.IsPastDue}", cancellationToken);
    }

    private sealed class FromSetting(Invocations invocations, TimeProvider time)
    {
        [Function("FromSetting")]
        public void Run([TimerTrigger("%Sweep:Schedule%")] TimerInfo timer) =>
            invocations.Add($"{time.GetUtcNow():HH:mm:ss} {timer.IsPastDue}");
    }

    private sealed class AtStart(Invocations invocations, TimeProvider time)
    {
        [Function("AtStart")]
        public void Run([TimerTrigger("0 */1 * * * *", RunOnStartup = true)] TimerInfo timer) =>
            invocations.Add($"{time.GetUtcNow():HH:mm:ss} {timer.IsPastDue}");
    }
}
