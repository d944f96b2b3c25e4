namespace Freehold.Ai;

/// <summary>One request on its way to a model, with what has become of it so far.</summary>
/// <param name="TenantUid">Whose texts they are.</param>
/// <param name="Use">What for.</param>
/// <param name="Tokens">How many tokens it takes from the model's rate.</param>
/// <param name="Started">When, as a time stamp of the clock in use.</param>
internal sealed record ModelRequest(Guid TenantUid, EmbeddingUse Use, int Tokens, long Started)
{
    /// <summary>Whether it waits for its turn, so that nothing of it has been sent.</summary>
    public bool Waits { get; set; }

    /// <summary>How the last attempt failed.</summary>
    public ModelException? LastFailure { get; set; }
}
