using Microsoft.Extensions.AI;

namespace Freehold.Ai;

/// <summary>An answer that has begun.</summary>
internal sealed class ChatStream(IAsyncEnumerator<ChatResponseUpdate> updates, CancellationTokenSource request) : IAsyncDisposable
{
    public IAsyncEnumerator<ChatResponseUpdate> Updates { get; } = updates;

    /// <summary>False for an answer of nothing.</summary>
    public bool HasFirst { get; set; }

    /// <summary>Ends the request.</summary>
    public void Cancel() => request.Cancel();

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        // First, so that the connection is closed and the rest of the answer is not read.
        await request.CancelAsync();
        try
        {
            await Updates.DisposeAsync();
        }
        finally
        {
            request.Dispose();
        }
    }
}
