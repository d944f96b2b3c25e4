using System.Diagnostics;
using System.Globalization;
using System.Text;

namespace Freehold.Functions.Http;

/// <summary>The Server-Timing header: where an answer's time went, in milliseconds (https://www.w3.org/TR/server-timing/).</summary>
internal sealed class ServerTiming
{
    private readonly StringBuilder _text = new();

    public ServerTiming Add(string part, TimeSpan took)
    {
        _text.Append(CultureInfo.InvariantCulture, $"{(_text.Length == 0 ? string.Empty : ", ")}{part};dur={took.TotalMilliseconds:0.00}");
        return this;
    }

    /// <summary>Adds the time since a timestamp of <see cref="Stopwatch"/>.</summary>
    public ServerTiming AddSince(string part, long started) => Add(part, Stopwatch.GetElapsedTime(started));

    public override string ToString() => _text.ToString();
}
