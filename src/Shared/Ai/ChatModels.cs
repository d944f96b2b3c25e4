namespace Freehold.Ai;

/// <summary>The chat model, where the configuration names one.</summary>
public sealed class ChatModels : IDisposable
{
    internal ChatModels(ChatModel? model) => Model = model;

    /// <summary>The model, or null.</summary>
    internal ChatModel? Model { get; }

    /// <inheritdoc/>
    public void Dispose() => Model?.Dispose();
}
