using System.Buffers.Binary;
using System.Text;

namespace Freehold.Neon.Simulator;

/// <summary>
/// What a client says first, in PostgreSQL's protocol 3: https://www.postgresql.org/docs/current/protocol-message-formats.html.
/// </summary>
/// <param name="Bytes">The message as it came.</param>
/// <param name="Parameters">User, database and settings; empty for a request to cancel.</param>
internal sealed record StartupMessage(byte[] Bytes, IReadOnlyDictionary<string, string> Parameters)
{
    private const int CancelRequest = 80877102;
    private const int SslRequest = 80877103;
    private const int GssRequest = 80877104;
    private const int Longest = 10_000;

    public bool Cancels => Code(Bytes) == CancelRequest;

    public string Database => Parameters.GetValueOrDefault("database") ?? Parameters.GetValueOrDefault("user") ?? string.Empty;

    public string ApplicationName => Parameters.GetValueOrDefault("application_name") ?? string.Empty;

    /// <summary>Reads it, after requests for encryption, which are refused.</summary>
    public static async Task<StartupMessage> ReadAsync(Stream client, CancellationToken cancellationToken)
    {
        while (true)
        {
            byte[] length = new byte[4];
            await client.ReadExactlyAsync(length, cancellationToken);
            int size = BinaryPrimitives.ReadInt32BigEndian(length);
            if (size is < 8 or > Longest)
            {
                throw new IOException("No startup message.");
            }

            byte[] bytes = new byte[size];
            length.CopyTo(bytes, 0);
            await client.ReadExactlyAsync(bytes.AsMemory(4), cancellationToken);
            if (Code(bytes) is not (SslRequest or GssRequest))
            {
                return new StartupMessage(bytes, Code(bytes) == CancelRequest ? new Dictionary<string, string>() : Read(bytes));
            }

            await client.WriteAsync("N"u8.ToArray(), cancellationToken);
        }
    }

    /// <summary>An ErrorResponse that ends the connection.</summary>
    public static byte[] Refusal(string sqlState, string message)
    {
        byte[] fields = Encoding.UTF8.GetBytes($"SFATAL\0VFATAL\0C{sqlState}\0M{message}\0\0");
        byte[] bytes = new byte[5 + fields.Length];
        bytes[0] = (byte)'E';
        BinaryPrimitives.WriteInt32BigEndian(bytes.AsSpan(1), 4 + fields.Length);
        fields.CopyTo(bytes, 5);
        return bytes;
    }

    private static int Code(byte[] bytes) => BinaryPrimitives.ReadInt32BigEndian(bytes.AsSpan(4));

    private static Dictionary<string, string> Read(byte[] bytes) => Encoding.UTF8.GetString(bytes, 8, bytes.Length - 8)
        .TrimEnd('\0').Split('\0').Chunk(2).Where(pair => pair.Length == 2).ToDictionary(pair => pair[0], pair => pair[1]);
}
