using System.Net;
using System.Net.Sockets;

namespace Freehold.Functions.Tests.Api;

/// <summary>A way to the common PostgreSQL server that a test can cut, as if the server had been stopped, and open again.</summary>
internal sealed class PostgresForwarder(string host, int port) : IAsyncDisposable
{
    private readonly Lock _lock = new();
    private readonly List<TcpClient> _clients = [];
    private TcpListener? _listener;
    private Task _accepting = Task.CompletedTask;

    public int Port { get; private set; }

    public void Open()
    {
        _listener = new TcpListener(IPAddress.Loopback, Port);
        _listener.Start();
        Port = ((IPEndPoint)_listener.LocalEndpoint).Port;
        _accepting = AcceptAsync(_listener);
    }

    public async Task CutAsync()
    {
        _listener!.Stop();
        await _accepting;
        lock (_lock)
        {
            _clients.ForEach(client => client.Dispose());
            _clients.Clear();
        }
    }

    public async ValueTask DisposeAsync() => await CutAsync();

    private async Task AcceptAsync(TcpListener listener)
    {
        try
        {
            while (true)
            {
                TcpClient from = await listener.AcceptTcpClientAsync();
                TcpClient to = new();
                await to.ConnectAsync(host, port);
                from.NoDelay = to.NoDelay = true;
                lock (_lock)
                {
                    _clients.AddRange([from, to]);
                }

                _ = PumpAsync(from, to);
                _ = PumpAsync(to, from);
            }
        }
        catch (Exception exception) when (exception is SocketException or ObjectDisposedException)
        {
            // The listener was stopped.
        }
    }

    private static async Task PumpAsync(TcpClient from, TcpClient to)
    {
        try
        {
            await from.GetStream().CopyToAsync(to.GetStream());
        }
        catch (Exception exception) when (exception is IOException or ObjectDisposedException or InvalidOperationException)
        {
            // One side is gone; so is the other now.
        }

        from.Dispose();
        to.Dispose();
    }
}
