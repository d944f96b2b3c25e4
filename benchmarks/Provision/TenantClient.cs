using System.Diagnostics;
using System.Net;
using System.Net.Http.Json;

namespace Freehold.Bench.Provision;

/// <summary>Asks for tenants by the API.</summary>
internal sealed class TenantClient(HttpClient http)
{
    private static readonly Uri Address = new("tenants?wait=60", UriKind.Relative);

    /// <summary>Asks for a tenant and waits until it is active.</summary>
    /// <returns>Milliseconds, to the last byte of the answer.</returns>
    public async Task<double> TimeAsync(string id, CancellationToken cancellationToken)
    {
        long started = Stopwatch.GetTimestamp();
        using HttpResponseMessage answer = await http.PostAsJsonAsync(Address, new Dictionary<string, string> { ["id"] = id }, cancellationToken);
        string body = await answer.Content.ReadAsStringAsync(cancellationToken);
        double took = Stopwatch.GetElapsedTime(started).TotalMilliseconds;
        return answer.StatusCode == HttpStatusCode.Created
            ? took
            : throw new InvalidOperationException($"The tenant was not made ({(int)answer.StatusCode}): {body}");
    }
}
