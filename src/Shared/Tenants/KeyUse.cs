using System.Collections.ObjectModel;

namespace Freehold.Tenants;

/// <summary>When keys were last used, kept in memory until somebody writes it down: no request waits for that.</summary>
public sealed class KeyUse(TimeProvider time)
{
    private readonly Lock _lock = new();
    private Dictionary<Guid, DateTimeOffset> _uses = [];

    /// <summary>A key was used now.</summary>
    internal void Note(Guid keyId)
    {
        DateTimeOffset now = time.GetUtcNow();
        lock (_lock)
        {
            _uses[keyId] = now;
        }
    }

    /// <summary>What was noted since this was asked last.</summary>
    internal IReadOnlyDictionary<Guid, DateTimeOffset> Take()
    {
        lock (_lock)
        {
            if (_uses.Count == 0)
            {
                return ReadOnlyDictionary<Guid, DateTimeOffset>.Empty;
            }

            Dictionary<Guid, DateTimeOffset> taken = _uses;
            _uses = [];
            return taken;
        }
    }
}
