using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;

namespace Freehold.LocalHost;

/// <summary>
/// The three steps of a graceful stop. First no work is taken any more; after the grace period running invocations are cancelled;
/// those that ignore it are given up a little later, so that what they hold can be released before the process ends.
/// </summary>
internal sealed class HostStop : IDisposable
{
    /// <summary>Time between cancelling an invocation and giving it up.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(3);

    private readonly CancellationTokenSource _draining = new();
    private readonly CancellationTokenSource _cancelling;
    private readonly CancellationTokenSource _givenUp;
    private readonly CancellationTokenRegistration _registration;

    public HostStop(IHostApplicationLifetime lifetime, IOptions<LocalHostOptions> options, TimeProvider time)
    {
        TimeSpan grace = options.Value.StopGrace;
        _cancelling = new CancellationTokenSource(Timeout.InfiniteTimeSpan, time);
        _givenUp = new CancellationTokenSource(Timeout.InfiniteTimeSpan, time);
        _registration = lifetime.ApplicationStopping.Register(() =>
        {
            _cancelling.CancelAfter(grace);
            _givenUp.CancelAfter(grace + Patience);
            _draining.Cancel();
        });
    }

    /// <summary>No new work from here on.</summary>
    public CancellationToken Draining => _draining.Token;

    /// <summary>Running invocations shall end; it is the token that they get.</summary>
    public CancellationToken Cancelling => _cancelling.Token;

    /// <summary>Nobody waits for invocations any more.</summary>
    public CancellationToken GivenUp => _givenUp.Token;

    public void Dispose()
    {
        _registration.Dispose();
        _draining.Dispose();
        _cancelling.Dispose();
        _givenUp.Dispose();
    }
}
