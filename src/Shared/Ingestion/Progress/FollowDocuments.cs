using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using Freehold.Tenants;
using Freehold.Usage;
using Microsoft.Extensions.Options;

namespace Freehold.Ingestion;

/// <summary>
/// Tells a caller what becomes of a tenant's documents, as it happens. A change is told at least once, changes of one document in
/// their order; of several changes within a second, the last may be all that is told.
/// </summary>
public sealed class FollowDocuments(DocumentChanges changes, IOptions<IngestionOptions> options, TimeProvider time)
{
    /// <summary>How long removals are known. Who has not followed for longer has to list the documents again.</summary>
    private static readonly TimeSpan Memory = TimeSpan.FromHours(23);

    /// <summary>How often the work store is asked.</summary>
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);

    // A change may be seen later than another that was written after it. So it is looked for again for a while.
    private static readonly long Overlap = (long)TimeSpan.FromSeconds(15).TotalMicroseconds;

    private readonly ConcurrentDictionary<Guid, int> _followers = new();

    /// <summary>Takes one of the tenant's places; dispose it.</summary>
    /// <exception cref="TooManyFollowersException">All are taken.</exception>
    public IDisposable Enter(Guid tenantUid)
    {
        int most = options.Value.EventStreamsPerTenant;
        if (_followers.AddOrUpdate(tenantUid, 1, (_, count) => count + 1) > most)
        {
            Leave(tenantUid);
            throw new TooManyFollowersException(most);
        }

        return new Place(this, tenantUid);
    }

    /// <summary>Changes as they come: a list every second, empty when nothing has changed; null once, when too much was missed.</summary>
    /// <param name="tenantUid">Whose documents.</param>
    /// <param name="after">The change after which to go on; null for now.</param>
    /// <param name="cancellationToken">Ends it.</param>
    public async IAsyncEnumerable<IReadOnlyList<DocumentChange>?> RunAsync(
        Guid tenantUid, long? after, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        long now = await changes.NowAsync(cancellationToken);
        if (after < now - Memory.TotalMicroseconds)
        {
            after = null;
            yield return null;
        }

        long from = after is null ? now : Math.Min(after.Value, now) - Overlap;
        Dictionary<(string Path, bool IsGone), long> told = [];
        while (true)
        {
            long horizon = long.MaxValue;
            for (long? next = from; next is { } start;)
            {
                ChangesPage page = await changes.FindAsync(tenantUid, start, cancellationToken);
                horizon = Math.Min(horizon, page.Now - Overlap);
                next = page.Next;
                DocumentChange[] news = [.. page.Changes.Where(change =>
                    told.GetValueOrDefault((change.Path, change.Document is null)) != change.At)];
                foreach (DocumentChange change in news)
                {
                    told[(change.Path, change.Document is null)] = change.At;
                }

                yield return news;

                // What is not looked for again need not be remembered.
                long seenFor = Math.Min(horizon, page.Next ?? long.MaxValue);
                foreach ((string, bool) old in told.Where(pair => pair.Value < seenFor).Select(pair => pair.Key).ToArray())
                {
                    told.Remove(old);
                }
            }

            from = Math.Max(from, horizon);

            await Task.Delay(Pause, time, cancellationToken);
        }
    }

    private void Leave(Guid tenantUid)
    {
        if (_followers.AddOrUpdate(tenantUid, 0, (_, count) => count - 1) == 0)
        {
            _followers.TryRemove(new KeyValuePair<Guid, int>(tenantUid, 0));
        }
    }

    private sealed class Place(FollowDocuments following, Guid tenantUid) : IDisposable
    {
        private FollowDocuments? _following = following;

        public void Dispose() => Interlocked.Exchange(ref _following, null)?.Leave(tenantUid);
    }
}

/// <summary>More callers follow a tenant's documents than may.</summary>
public sealed class TooManyFollowersException : LimitRefusalException
{
    /// <summary>Says that one of the others has to end first.</summary>
    public TooManyFollowersException(int limit)
        : base(
            RefusalKind.TooManyRequests,
            "too-many-streams",
            $"At most {limit} callers follow a tenant's documents at a time. Open the next stream when one has ended.",
            "event-streams",
            limit,
            limit) => RetryAfter = TimeSpan.FromSeconds(5);
}
