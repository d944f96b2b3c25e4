using System.Threading.RateLimiting;
using Freehold.Neon;
using Microsoft.Extensions.Time.Testing;

namespace Freehold.Tests.Neon;

/// <summary>Whose request goes to Neon next.</summary>
public sealed class NeonPaceTests : IDisposable
{
    private readonly FakeTimeProvider _time = new();
    private readonly SynchronizationContext? _before = SynchronizationContext.Current;
    private readonly Turns _turns = new();
    private readonly List<(DateTimeOffset At, string Route)> _sent = [];

    public NeonPaceTests() => SynchronizationContext.SetSynchronizationContext(_turns);

    public void Dispose() => SynchronizationContext.SetSynchronizationContext(_before);

    [Fact]
    public void Rates_are_kept_in_every_span_and_used_up()
    {
        using NeonPace pace = Pace(perMinute: 60, perSecond: 4);
        Task[] requests = [.. Enumerable.Range(0, 200).Select(i => SendAsync(pace, NeonPriority.Background, $"route{i % 3}", TimeSpan.FromMilliseconds(i % 7 * 30)))];
        for (int i = 0; i < 800; i++)
        {
            Pass(TimeSpan.FromSeconds(0.25));
        }

        Assert.All(requests, request => Assert.True(request.IsCompletedSuccessfully));
        Assert.InRange(Highest(_sent, TimeSpan.FromMinutes(1)), 50, 54);
        Assert.All(_sent.GroupBy(request => request.Route), route => Assert.InRange(Highest(route, TimeSpan.FromSeconds(1)), 3, 4));
    }

    [Fact]
    public void Background_leaves_a_part_of_the_minute_to_persons()
    {
        using NeonPace pace = Pace(perMinute: 100, perSecond: 1000);
        Task<RateLimitLease>[] background = [.. Enumerable.Range(0, 200).Select(_ => TakeAsync(pace, NeonPriority.Background))];
        Task<RateLimitLease>[] persons = [.. Enumerable.Range(0, 20).Select(_ => TakeAsync(pace, NeonPriority.Person))];

        Assert.Equal(90, background.Count(request => request.IsCompleted));
        Assert.Equal(10, persons.Count(request => request.IsCompleted));

        End([.. background, .. persons]);
        Pass(TimeSpan.FromSeconds(61));
        Assert.All(persons, request => Assert.True(request.IsCompleted));
        Assert.Equal(90 + 80, background.Count(request => request.IsCompleted));
    }

    [Fact]
    public void Persons_who_came_later_go_first()
    {
        using NeonPace pace = Pace(perMinute: 100, perSecond: 5);
        Task<RateLimitLease>[] first = [.. Enumerable.Range(0, 20).Select(_ => TakeAsync(pace, NeonPriority.Background))];
        Task<RateLimitLease> person = TakeAsync(pace, NeonPriority.Person);
        Assert.Equal(5, first.Count(request => request.IsCompleted));

        End(first[0]);
        Pass(TimeSpan.FromSeconds(1.1));

        Assert.True(person.IsCompleted);
        Assert.Equal(5, first.Count(request => request.IsCompleted));
    }

    [Fact]
    public void Place_is_taken_until_a_second_after_the_answer()
    {
        using NeonPace pace = Pace(perMinute: 100, perSecond: 1);
        Task<RateLimitLease> first = TakeAsync(pace, NeonPriority.Person);
        Task<RateLimitLease> second = TakeAsync(pace, NeonPriority.Person);
        Pass(TimeSpan.FromSeconds(5));
        Assert.False(second.IsCompleted);

        End(first);
        Pass(TimeSpan.FromSeconds(0.9));
        Assert.False(second.IsCompleted);
        Pass(TimeSpan.FromSeconds(0.2));
        Assert.True(second.IsCompleted);
    }

    [Fact]
    public void One_route_that_waits_does_not_hold_up_another()
    {
        using NeonPace pace = Pace(perMinute: 100, perSecond: 1);
        Assert.True(TakeAsync(pace, NeonPriority.Person, "one").IsCompleted);
        Task<RateLimitLease> waits = TakeAsync(pace, NeonPriority.Person, "one");

        Assert.True(TakeAsync(pace, NeonPriority.Person, "other").IsCompleted);
        Assert.False(waits.IsCompleted);
    }

    [Fact]
    public void Pause_holds_everybody_and_is_refused_to_the_impatient()
    {
        using NeonPace pace = Pace(perMinute: 100, perSecond: 100);
        pace.Pause(TimeSpan.FromSeconds(30));

        Task<RateLimitLease> patient = TakeAsync(pace, NeonPriority.Person);
        RateLimitLease impatient = Of(pace.TakeAsync(Request(NeonPriority.Person, "r"), TimeSpan.FromSeconds(10), CancellationToken.None).AsTask());
        Pass(TimeSpan.FromSeconds(29));
        bool early = patient.IsCompleted;
        Pass(TimeSpan.FromSeconds(2));

        Assert.False(impatient.IsAcquired);
        Assert.True(impatient.TryGetMetadata(MetadataName.RetryAfter, out TimeSpan wait));
        Assert.Equal(TimeSpan.FromSeconds(30), wait);
        Assert.False(early);
        Assert.True(patient.IsCompleted);
    }

    [Fact]
    public void Pause_that_is_too_long_turns_away_who_waits_already()
    {
        using NeonPace pace = Pace(perMinute: 100, perSecond: 1);
        Task<RateLimitLease> first = TakeAsync(pace, NeonPriority.Person);
        Task<RateLimitLease> impatient = pace.TakeAsync(
            Request(NeonPriority.Background, "route"), TimeSpan.FromMinutes(2), CancellationToken.None).AsTask();
        Task<RateLimitLease> patient = TakeAsync(pace, NeonPriority.Background);

        pace.Pause(TimeSpan.FromMinutes(3));
        End(first);
        _turns.Run();

        Assert.False(Of(impatient).IsAcquired);
        Assert.False(patient.IsCompleted);
        Pass(TimeSpan.FromMinutes(4));
        Assert.True(Of(patient).IsAcquired);
    }

    [Fact]
    public void Request_that_is_called_off_takes_no_place()
    {
        using NeonPace pace = Pace(perMinute: 100, perSecond: 1);
        Task<RateLimitLease> first = TakeAsync(pace, NeonPriority.Person);
        using CancellationTokenSource stop = new();
        Task<RateLimitLease> off = pace.TakeAsync(Request(NeonPriority.Person, "route"), TimeSpan.FromHours(1), stop.Token).AsTask();
        Task<RateLimitLease> next = TakeAsync(pace, NeonPriority.Person);

        stop.Cancel();
        End(first);
        Pass(TimeSpan.FromSeconds(1.1));

        Assert.True(off.IsCanceled);
        Assert.True(next.IsCompleted);
    }

    [Fact]
    public void Host_uses_its_share_and_figures_of_consumption_have_a_rate_of_their_own()
    {
        using NeonPace pace = Pace(perMinute: 100, perSecond: 100, share: 0.5);
        using NeonPace figures = Pace(perMinute: 100, perSecond: 100);

        Assert.Equal(50, Enumerable.Range(0, 100).Count(_ => TakeAsync(pace, NeonPriority.Person).IsCompleted));
        Assert.Equal(30, Enumerable.Range(0, 60).Count(_ => TakeAsync(figures, NeonPriority.Person, NeonRoutes.Consumption).IsCompleted));
        Assert.True(TakeAsync(figures, NeonPriority.Person).IsCompleted);
    }

    private static int Highest(IEnumerable<(DateTimeOffset At, string Route)> sent, TimeSpan span)
    {
        DateTimeOffset[] times = [.. sent.Select(request => request.At).Order()];
        return times.Select((time, i) => times.Skip(i).TakeWhile(other => other - time < span).Count()).Max();
    }

    private static NeonRequest Request(NeonPriority priority, string route) => new(HttpMethod.Get, route, route) { Priority = priority };

    private static Task<RateLimitLease> TakeAsync(NeonPace pace, NeonPriority priority, string route = "route") =>
        pace.TakeAsync(Request(priority, route), TimeSpan.FromHours(1), CancellationToken.None).AsTask();

    private static void End(params Task<RateLimitLease>[] requests)
    {
        foreach (Task<RateLimitLease> request in requests.Where(request => request.IsCompleted))
        {
            Of(request).Dispose();
        }
    }

    // It has completed, or this fails.
    private static RateLimitLease Of(Task<RateLimitLease> request)
    {
        Assert.True(request.IsCompleted);
        return request.GetAwaiter().GetResult();
    }

    private NeonPace Pace(int perMinute, int perSecond, double share = 1) => new(
        new NeonOptions { ApiKey = "k", RegionId = "r", RequestsPerMinute = perMinute, RequestsPerSecondAndRoute = perSecond, Share = share }, _time);

    private async Task SendAsync(NeonPace pace, NeonPriority priority, string route, TimeSpan takes)
    {
        using RateLimitLease turn = await TakeAsync(pace, priority, route);

        // It is counted when it is sent, or when it is answered.
        lock (_sent)
        {
            _sent.Add((_time.GetUtcNow(), route));
        }

        await Task.Delay(takes, _time);
    }

    private void Pass(TimeSpan time)
    {
        _time.Advance(time);
        _turns.Run();
    }

    /// <summary>Lets what waits go on here and now, and not some time later, when the clock has moved.</summary>
    private sealed class Turns : SynchronizationContext
    {
        private readonly Queue<(SendOrPostCallback Do, object? State)> _posted = [];

        public override void Post(SendOrPostCallback d, object? state) => _posted.Enqueue((d, state));

        public void Run()
        {
            while (_posted.TryDequeue(out var posted))
            {
                posted.Do(posted.State);
            }
        }
    }
}
