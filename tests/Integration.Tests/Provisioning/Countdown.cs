namespace Freehold.Integration.Tests.Provisioning;

/// <summary>Cancels what is done in its flow after so many calls to a server.</summary>
internal sealed class Countdown(int calls) : IDisposable
{
    /// <summary>The one of the present flow.</summary>
    public static readonly AsyncLocal<Countdown?> Current = new();

    private readonly CancellationTokenSource _source = new();
    private int _left = calls;

    public CancellationToken Token => _source.Token;

    public void Count()
    {
        if (Interlocked.Decrement(ref _left) == 0)
        {
            _source.Cancel();
        }
    }

    public void Dispose() => _source.Dispose();
}
