namespace Freehold.Ai;

/// <summary>What a failure of a model says about trying again.</summary>
public enum ModelFailure
{
    /// <summary>The model is away, or its operator has to act (key, deployment). It says nothing of the text: wait until the model is back.</summary>
    Transient,

    /// <summary>The model, or the limits set for it, take no more now. Nothing was attempted: postpone, without counting an attempt.</summary>
    Throttled,

    /// <summary>The model refused these texts, or answered what is of no use. The same again will not help.</summary>
    Permanent,
}

/// <summary>
/// A model did not do what it was asked for. The message is for operators and holds no text and nothing that the endpoint said, which might
/// repeat the text.
/// </summary>
public sealed class ModelException(
    ModelFailure kind, string message, TimeSpan? retryAfter = null, Exception? innerException = null) : Exception(message, innerException)
{
    /// <summary>Whether, and how, to try again.</summary>
    public ModelFailure Kind { get; } = kind;

    /// <summary>When it makes sense to try again, where that is known.</summary>
    public TimeSpan? RetryAfter { get; } = retryAfter;

    /// <summary>A sentence for the owner of a text that was to be embedded.</summary>
    public string Explanation => Kind switch
    {
        ModelFailure.Throttled => "The embedding model is busy.",
        ModelFailure.Permanent => "The embedding model answered wrongly.",
        _ => "The embedding model could not be reached.",
    };

    /// <summary>Whether only an operator can help, so that trying again within this call is in vain.</summary>
    internal bool NeedsOperator { get; init; }
}
