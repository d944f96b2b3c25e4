using System.Threading.Channels;

namespace Freehold.Postgres;

/// <summary>
/// Closes connections that have been idle longest before their place is needed, beside the requests: no request waits for another
/// tenant's session to end.
/// </summary>
internal sealed class RoomKeeper : IAsyncDisposable
{
    // The driver does not wait until the server has ended a session. Until then it counts, on the server too.
    private static readonly TimeSpan SessionEnd = TimeSpan.FromMilliseconds(5);

    private readonly Channel<bool> _looks = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });
    private readonly ConnectionBook _book;
    private readonly TimeProvider _time;
    private readonly CancellationTokenSource _stopping = new();
    private readonly Task _work;

    public RoomKeeper(ConnectionBook book, TimeProvider time)
    {
        _book = book;
        _time = time;
        _work = RunAsync();
    }

    /// <summary>Has it look whether there is room. Takes no time.</summary>
    public void Look() => _looks.Writer.TryWrite(true);

    /// <summary>Ends when what is being closed is closed.</summary>
    public async ValueTask DisposeAsync()
    {
        _looks.Writer.TryComplete();
        await _stopping.CancelAsync();
        await _work;
        _stopping.Dispose();
    }

    private async Task RunAsync()
    {
        await foreach (bool _ in _looks.Reader.ReadAllAsync(CancellationToken.None))
        {
            int closed = 0;
            while (_book.TakeSurplus() is var (pool, connections))
            {
                pool.CloseIdle();
                closed += connections;
            }

            if (closed > 0)
            {
                await Task.Delay(SessionEnd, _time, _stopping.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                List<TenantPool> toClose = [];
                _book.MakeFree(closed, toClose);
                toClose.ForEach(pool => pool.CloseIdle());
            }
        }
    }
}
