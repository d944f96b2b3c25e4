using System.Text;
using Freehold.Ai;
using Freehold.Usage;
using Microsoft.Extensions.AI;

namespace Freehold.Answers;

/// <summary>What a model writes for one prompt, as it comes; counts its tokens for the tenant, whatever becomes of it.</summary>
internal sealed class GeneratedText(ChatModel model, Meter meter, Guid tenantUid)
{
    private readonly StringBuilder _text = new();

    /// <summary>All that has come.</summary>
    public string Text => _text.ToString();

    /// <summary>Passes the pieces on as they come.</summary>
    /// <exception cref="ChatUnavailableException">The model is away, or has broken off.</exception>
    public async IAsyncEnumerable<string> ReadAsync(
        IReadOnlyList<ChatMessage> prompt, int maxTokens, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellationToken)
    {
        UsageDetails? usage = null;
        await using IAsyncEnumerator<ChatResponseUpdate> updates = model.WriteAsync(prompt, maxTokens, cancellationToken).GetAsyncEnumerator(cancellationToken);
        try
        {
            while (await NextAsync(updates))
            {
                usage = updates.Current.Contents.OfType<UsageContent>().LastOrDefault()?.Details ?? usage;
                if (updates.Current.Text is { Length: > 0 } piece)
                {
                    _text.Append(piece);
                    yield return piece;
                }
            }
        }
        finally
        {
            // An endpoint that does not say, or was not heard to the end, has read the prompt all the same.
            meter.Count(tenantUid, Metric.ChatTokensIn, usage?.InputTokenCount ?? prompt.Sum(message => model.Tokens.Count(message.Text)));
            meter.Count(tenantUid, Metric.ChatTokensOut, usage?.OutputTokenCount ?? model.Tokens.Count(Text));
        }
    }

    private static async Task<bool> NextAsync(IAsyncEnumerator<ChatResponseUpdate> updates)
    {
        try
        {
            return await updates.MoveNextAsync();
        }
        catch (ModelException exception)
        {
            throw new ChatUnavailableException(exception);
        }
    }
}
