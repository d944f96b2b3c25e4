using System.Net;
using System.Net.Sockets;
using Npgsql;

namespace Freehold.Integration.Tests.Usage;

/// <summary>A way to a PostgreSQL server on which answers can be lost: the server does what it is told, and nobody hears of it.</summary>
internal sealed class LossyForwarder : IDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly NpgsqlConnectionStringBuilder _server;

    public LossyForwarder(NpgsqlConnectionStringBuilder server)
    {
        _server = server;
        _listener.Start();
        _ = AcceptAsync();
    }

    public bool LosesAnswers { get; set; }

    public bool RefusesConnections { get; set; }

    public int Lost { get; private set; }

    public int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

    public void Dispose() => _listener.Dispose();

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
            {
                TcpClient from = await _listener.AcceptTcpClientAsync();
                if (RefusesConnections)
                {
                    from.Dispose();
                    continue;
                }

                TcpClient to = new(_server.Host!, _server.Port);
                from.NoDelay = to.NoDelay = true;
                _ = PumpAsync(from, to, isAnswer: false);
                _ = PumpAsync(to, from, isAnswer: true);
            }
        }
        catch (Exception exception) when (exception is SocketException or ObjectDisposedException)
        {
            // The test is over.
        }
    }

    private async Task PumpAsync(TcpClient from, TcpClient to, bool isAnswer)
    {
        byte[] buffer = new byte[64 * 1024];
        try
        {
            int read;
            while ((read = await from.GetStream().ReadAsync(buffer)) > 0)
            {
                if (isAnswer && LosesAnswers)
                {
                    Lost++;
                    break;
                }

                await to.GetStream().WriteAsync(buffer.AsMemory(0, read));
            }
        }
        catch (Exception exception) when (exception is IOException or ObjectDisposedException or InvalidOperationException)
        {
            // One side is gone; so is the other now.
        }

        from.Dispose();
        to.Dispose();
    }
}
