using Microsoft.ML.Tokenizers;

namespace Freehold.Ai;

/// <summary>Texts that go to a model in one request.</summary>
/// <param name="First">Position of the first among all texts of the call.</param>
/// <param name="Texts">The texts, none longer than the model takes.</param>
/// <param name="Tokens">Their tokens together.</param>
internal sealed record EmbeddingBatch(int First, IReadOnlyList<string> Texts, int Tokens);

/// <summary>Deals texts out to requests, in their order, by count and by tokens.</summary>
internal sealed class EmbeddingBatches(Tokenizer tokenizer, int maxChunks, int maxTokens, int maxInputTokens)
{
    /// <summary>Deals them out. A prefix is put before each text, and counts.</summary>
    public IEnumerable<EmbeddingBatch> Of(IReadOnlyList<string> texts, string prefix)
    {
        int first = 0;
        int tokens = 0;
        List<string> batch = [];
        for (int i = 0; i < texts.Count; i++)
        {
            (string text, int count) = Fit(prefix.Length == 0 ? texts[i] : prefix + texts[i]);
            if (batch.Count > 0 && (batch.Count == maxChunks || tokens + count > maxTokens))
            {
                yield return new EmbeddingBatch(first, batch, tokens);
                (first, tokens, batch) = (i, 0, []);
            }

            batch.Add(text);
            tokens += count;
        }

        if (batch.Count > 0)
        {
            yield return new EmbeddingBatch(first, batch, tokens);
        }
    }

    /// <summary>The beginning of a text that the model takes, cut between two tokens and never inside a character.</summary>
    private (string Text, int Tokens) Fit(string text)
    {
        // Looks no further than the limit, however long the text is.
        int length = tokenizer.GetIndexByTokenCount(text, maxInputTokens, out string? normalized, out int count);
        string known = normalized ?? text;
        if (length >= known.Length)
        {
            return (text, count);
        }

        if (length > 0 && char.IsHighSurrogate(known[length - 1]))
        {
            length--;
        }

        return (known[..length], count);
    }
}
