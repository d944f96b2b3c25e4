using System.Threading.Channels;

namespace Freehold.Postgres;

/// <summary>
/// Closes connections that have been idle longest before their place is needed, beside the requests: no request waits for another
/// tenant's session to end.
/// </summary>
internal sealed class RoomKeeper : IAsyncDisposable
{
    private readonly Channel<bool> _looks = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });
    private readonly ConnectionBook _book;
    private readonly Task _work;

    public RoomKeeper(ConnectionBook book)
    {
        _book = book;
        _work = RunAsync();
    }

    /// <summary>Has it look whether there is room. Takes no time.</summary>
    public void Look() => _looks.Writer.TryWrite(true);

    /// <summary>Ends when what is being closed is closed.</summary>
    public async ValueTask DisposeAsync()
    {
        _looks.Writer.TryComplete();
        await _work;
    }

    private async Task RunAsync()
    {
        await foreach (bool _ in _looks.Reader.ReadAllAsync(CancellationToken.None))
        {
            while (_book.TakeSurplus() is var (pool, connections))
            {
                pool.CloseIdle();
                List<TenantPool> toClose = [];
                _book.Closed(connections, toClose);
                toClose.ForEach(each => each.CloseIdle());
            }
        }
    }
}
