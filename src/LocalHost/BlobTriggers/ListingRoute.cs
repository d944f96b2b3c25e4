namespace Freehold.LocalHost.BlobTriggers;

/// <summary>
/// Where the pages of a listing begin. Of the folders that fill a page, one in each listing is listed for a page, from where its last
/// turn ended, and the others are passed over: what is new in a small folder does not wait until large ones have been listed.
/// </summary>
internal sealed class ListingRoute(int page)
{
    // The greatest character that a listing's XML can hold: it comes after whatever follows a folder's slash.
    private const char End = '\ufffd';

    // The name that each large folder has been listed to.
    private readonly Dictionary<string, string> _large = new(StringComparer.Ordinal);
    private readonly Queue<string> _turns = new();
    private string? _turn;
    private string? _turnBegan;
    private bool _isLooking;

    /// <summary>The next page begins after this name; null at the beginning.</summary>
    public string? After { get; private set; }

    /// <summary>Blobs of the next page. One alone tells which folder comes next, and whether it is to be passed over.</summary>
    public int Count => _isLooking ? 1 : page;

    /// <summary>Begins a listing.</summary>
    public void Begin()
    {
        if (_turn is not null)
        {
            // It was not there any more.
            _large.Remove(_turn);
        }

        _turn = _turns.TryDequeue(out string? next) ? next : null;
        GoTo(null, isLooking: _large.Count > 0);
    }

    /// <summary>Goes on after a page that begins and ends with these names; without them after the last page.</summary>
    public void Next(string? first, string? last)
    {
        string? folder = FolderOf(last);
        bool hadTurn = EndTurn(folder, last);
        if (last is null || folder is null)
        {
            GoTo(last, isLooking: false);
        }
        else if (folder == _turn)
        {
            _turnBegan = _large[folder];
            GoTo(string.CompareOrdinal(_turnBegan, last) > 0 ? _turnBegan : last, isLooking: false);
        }
        else if (hadTurn || _large.ContainsKey(folder))
        {
            GoTo(folder + End, isLooking: true);
        }
        else if (!_isLooking && FolderOf(first) == folder)
        {
            _large.Add(folder, last);
            _turns.Enqueue(folder);
            GoTo(folder + End, isLooking: true);
        }
        else
        {
            GoTo(last, isLooking: false);
        }
    }

    /// <summary>Whether the page was a large folder's turn and ended in it.</summary>
    private bool EndTurn(string? folder, string? last)
    {
        if (_turnBegan is null)
        {
            return false;
        }

        string turn = _turn!;
        bool isWhole = _turnBegan == turn;
        (_turn, _turnBegan) = (null, null);
        if (folder != turn && isWhole)
        {
            // From its beginning to its end in one page: it is no longer large.
            _large.Remove(turn);
            return false;
        }

        _large[turn] = folder == turn ? last! : turn;
        _turns.Enqueue(turn);
        return folder == turn;
    }

    private void GoTo(string? after, bool isLooking) => (After, _isLooking) = (after, isLooking);

    private static string? FolderOf(string? name) => name?.IndexOf('/', StringComparison.Ordinal) is >= 0 and int slash ? name[..(slash + 1)] : null;
}
