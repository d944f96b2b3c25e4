using System.Diagnostics;

namespace Freehold.Integration.Tests.Killing;

/// <summary>
/// Ends this process with SIGKILL at the n-th thing that it does outside itself: a database command, a connection or a request to
/// storage. An odd number kills it when the answer has come and nothing has been made of it; an even one kills it shortly
/// after the request was sent, so that the server may or may not have carried it out.
/// </summary>
internal sealed class Executioner : IDisposable
{
    private static readonly TimeSpan OnTheWay = TimeSpan.FromMilliseconds(1);

    private readonly int _killAt;
    private readonly ActivityListener _listener;
    private int _started;
    private int _stopped;

    /// <summary>Kills at that number, or, at 0, not at all.</summary>
    public Executioner(int killAt)
    {
        _killAt = killAt;
        _listener = new ActivityListener
        {
            ShouldListenTo = source => source.Name is "Npgsql" or "System.Net.Http",
            Sample = (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllData,
            ActivityStarted = _ => Started(),
            ActivityStopped = _ => Stopped(),
        };
        if (killAt > 0)
        {
            ActivitySource.AddActivityListener(_listener);
        }
    }

    public void Dispose() => _listener.Dispose();

    private void Started()
    {
        if (Interlocked.Increment(ref _started) * 2 == _killAt)
        {
            new Thread(() =>
            {
                Thread.Sleep(OnTheWay);
                Kill();
            }).Start();
        }
    }

    private void Stopped()
    {
        if ((Interlocked.Increment(ref _stopped) * 2) - 1 == _killAt)
        {
            Kill();
        }
    }

    private static void Kill()
    {
        using Process self = Process.GetCurrentProcess();
        self.Kill();

        // The signal comes to the process at once, to this thread perhaps a moment later.
        Thread.Sleep(Timeout.Infinite);
    }
}
