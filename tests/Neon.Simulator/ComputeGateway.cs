using System.Net;
using System.Net.Sockets;
using Npgsql;

namespace Freehold.Neon.Simulator;

/// <summary>
/// Stands for the service's proxy in front of the computes: finds the project by the database's name, wakes its compute, and passes bytes
/// on. Both hosts have one port. It speaks no TLS.
/// </summary>
internal sealed class ComputeGateway : IAsyncDisposable
{
    public const string DirectHost = "127.0.0.1";
    public const string PoolerHost = "127.0.0.2";

    private const string Other = "XX000";
    private const string CannotConnectNow = "57P03";

    private readonly Projects _projects;
    private readonly SimulatorOptions _options;
    private readonly CancellationTokenSource _closed = new();
    private readonly TcpListener _direct;
    private readonly TcpListener _pooler;
    private readonly List<Wake> _wakes = [];
    private readonly Task[] _serving;

    public ComputeGateway(Projects projects, SimulatorOptions options)
    {
        (_projects, _options) = (projects, options);
        _direct = new TcpListener(IPAddress.Parse(DirectHost), 0);
        _direct.Start();
        Port = ((IPEndPoint)_direct.LocalEndpoint).Port;
        _pooler = new TcpListener(IPAddress.Parse(PoolerHost), Port);
        _pooler.Start();
        NpgsqlConnectionStringBuilder server = new(options.Postgres);
        _serving =
        [
            ServeAsync(_direct, isPooled: false, server.Host!, server.Port),
            ServeAsync(_pooler, isPooled: true, options.PoolerPort is null ? server.Host! : DirectHost, options.PoolerPort ?? server.Port),
        ];
    }

    public int Port { get; }

    public IReadOnlyList<Wake> Wakes
    {
        get
        {
            lock (_projects.Lock)
            {
                return [.. _wakes];
            }
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _closed.CancelAsync();
        _direct.Dispose();
        _pooler.Dispose();
        await Task.WhenAll(_serving);
        _closed.Dispose();
    }

    private async Task ServeAsync(TcpListener listener, bool isPooled, string host, int port)
    {
        List<Task> connections = [];
        try
        {
            while (true)
            {
                TcpClient client = await listener.AcceptTcpClientAsync(_closed.Token);
                connections.RemoveAll(connection => connection.IsCompleted);
                connections.Add(ConnectAsync(client, isPooled, host, port));
            }
        }
        catch (OperationCanceledException)
        {
            await Task.WhenAll(connections);
        }
    }

    private async Task ConnectAsync(TcpClient client, bool isPooled, string host, int port)
    {
        using CancellationTokenSource connection = CancellationTokenSource.CreateLinkedTokenSource(_closed.Token);
        SimulatedProject? project = null;
        try
        {
            using (client)
            {
                client.NoDelay = true;
                NetworkStream stream = client.GetStream();
                StartupMessage startup = await StartupMessage.ReadAsync(stream, connection.Token);
                if (!startup.Cancels && (project = await EnterAsync(stream, startup, isPooled, connection)) is null)
                {
                    return;
                }

                using TcpClient server = new() { NoDelay = true };
                await server.ConnectAsync(host, port, connection.Token);
                NetworkStream there = server.GetStream();
                await there.WriteAsync(startup.Bytes, connection.Token);
                await Task.WhenAny(stream.CopyToAsync(there, connection.Token), there.CopyToAsync(stream, connection.Token));
            }
        }
        catch (Exception exception) when (exception is IOException or SocketException or OperationCanceledException or ObjectDisposedException)
        {
            // One of the two has gone, or the compute has been put to sleep.
        }
        finally
        {
            lock (_projects.Lock)
            {
                project?.Compute.Close(connection, _projects.Now);
            }
        }
    }

    /// <returns>The project, which counts the connection from now on and is awake; null if the client was turned away.</returns>
    private async Task<SimulatedProject?> EnterAsync(
        NetworkStream stream, StartupMessage startup, bool isPooled, CancellationTokenSource connection)
    {
        SimulatedProject? project;
        byte[]? refusal;
        TimeSpan wait;
        lock (_projects.Lock)
        {
            DateTimeOffset now = _projects.Now;
            project = _projects.OfDatabase(startup.Database);
            refusal = Refusal(project, now);
            wait = refusal is null ? Open(project!, startup, isPooled, connection, now) : TimeSpan.Zero;
        }

        if (refusal is not null)
        {
            await stream.WriteAsync(refusal, connection.Token);
            return null;
        }

        await Task.Delay(wait, _options.Time, connection.Token);
        return project;
    }

    private TimeSpan Open(
        SimulatedProject project, StartupMessage startup, bool isPooled, CancellationTokenSource connection, DateTimeOffset now)
    {
        if (project.Compute.Sleeps(now, _options.SuspendTimeout))
        {
            project.Compute.Wake(now, _options.ColdStart);
            _wakes.Add(new Wake(project.Id, startup.ApplicationName, isPooled, now));
        }

        project.Compute.Open(connection);
        return project.Compute.AwakeAt > now ? project.Compute.AwakeAt - now : TimeSpan.Zero;
    }

    private static byte[]? Refusal(SimulatedProject? project, DateTimeOffset now) => project switch
    {
        not { IsThere: true } => StartupMessage.Refusal(
            Other, "The requested endpoint could not be found, or you don't have access to it. Please check the provided ID and try again."),
        { Compute.IsOverQuota: true } => StartupMessage.Refusal(
            Other, "Your account or project has exceeded the compute time quota. Upgrade your plan to increase limits."),
        { Compute.IsDisabled: true } => StartupMessage.Refusal(Other, "The endpoint has been disabled. Enable it using Neon API and retry."),

        // Whoever does not wait for the operations of a creation is to notice.
        _ when !project.Operations.HasBeenCreated(now) => StartupMessage.Refusal(CannotConnectNow, "The project's operations have not ended."),
        _ => null,
    };
}
