namespace Freehold.Ai;

/// <summary>The models that there are: the embedded one, and those that the configuration names.</summary>
public sealed class EmbeddingModels : IDisposable
{
    private readonly Dictionary<string, EmbeddingClient> _clients;

    internal EmbeddingModels(IEnumerable<EmbeddingClient> clients, string defaultModel)
    {
        _clients = clients.ToDictionary(client => client.Model.Id);
        Default = _clients[defaultModel];
    }

    /// <summary>The one that embeds for new tenants.</summary>
    public EmbeddingClient Default { get; }

    /// <summary>All of them.</summary>
    public IReadOnlyCollection<EmbeddingClient> All => _clients.Values;

    /// <summary>Finds one by its id.</summary>
    public EmbeddingClient? Find(string id) => _clients.GetValueOrDefault(id);

    /// <summary>The one of that id.</summary>
    /// <exception cref="ModelNotConfiguredException">The configuration does not name it, or no longer.</exception>
    public EmbeddingClient Require(string id) => Find(id) ?? throw new ModelNotConfiguredException(id);

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (EmbeddingClient client in _clients.Values)
        {
            client.Dispose();
        }
    }
}
