using System.Globalization;
using System.Text.Json.Serialization.Metadata;
using Microsoft.Extensions.Logging;

namespace Freehold.Neon;

/// <summary>
/// Neon's API, v2, as far as it is used: https://api-docs.neon.tech/reference. One for a process, since it counts the requests. Every call
/// throws <see cref="NeonException"/> when Neon refuses or does not answer; see there what may have been done all the same.
/// </summary>
internal sealed partial class NeonClient : IDisposable
{
    private readonly NeonOptions _options;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly HttpClient _http;
    private readonly NeonTransport _transport;
    private readonly NeonPipeline _pipeline;
    private readonly NeonPriority _priority;
    private readonly bool _owns = true;

    /// <summary>Requests are those for which a person waits, unless <see cref="For"/> says otherwise.</summary>
    public NeonClient(NeonOptions options, TimeProvider time, ILogger<NeonClient> logger)
    {
        _options = options;
        _time = time;
        _logger = logger;
        _http = new HttpClient(new SocketsHttpHandler { PooledConnectionLifetime = TimeSpan.FromMinutes(5), UseCookies = false })
        {
            // The pipeline's comes first.
            Timeout = Timeout.InfiniteTimeSpan,
        };
        _transport = new NeonTransport(_http, options, time);
        _pipeline = new NeonPipeline(options, time, logger);
    }

    private NeonClient(NeonClient other, NeonPriority priority)
    {
        (_options, _time, _logger, _http) = (other._options, other._time, other._logger, other._http);
        (_transport, _pipeline, _priority, _owns) = (other._transport, other._pipeline, priority, false);
    }

    /// <summary>The same client, whose requests have this priority. Nothing needs to be disposed of.</summary>
    public NeonClient For(NeonPriority priority) => new(this, priority);

    /// <summary>One operation.</summary>
    public async Task<NeonOperation> GetOperationAsync(string projectId, string operationId, CancellationToken cancellationToken) =>
        (await SendAsync(
            NeonRequest.Get(NeonRoutes.Operation, NeonRoutes.Fill(NeonRoutes.Operation, projectId, operationId)),
            NeonJson.Default.NeonOperationAnswer,
            cancellationToken)).Operation;

    /// <summary>A project's newest operations, up to 100.</summary>
    public async Task<IReadOnlyList<NeonOperation>> ListOperationsAsync(string projectId, CancellationToken cancellationToken) =>
        (await SendAsync(
            NeonRequest.Get(NeonRoutes.Operations, NeonRoutes.Query(NeonRoutes.Fill(NeonRoutes.Operations, projectId), ("limit", "100"))),
            NeonJson.Default.NeonOperations,
            cancellationToken)).Operations;

    /// <summary>What projects used, in pages of up to 100.</summary>
    /// <exception cref="InvalidOperationException">There is no <c>Provisioning:Neon:OrgId</c>, which Neon wants for it.</exception>
    public async Task<NeonConsumptionPage> GetConsumptionAsync(NeonConsumptionQuery query, CancellationToken cancellationToken)
    {
        string path = NeonRoutes.Query(
            NeonRoutes.Consumption,
            ("org_id", _options.OrgId ?? throw new InvalidOperationException("Provisioning:Neon:OrgId is needed for figures of consumption.")),
            ("from", Rfc3339(query.From)),
            ("to", Rfc3339(query.To)),
            ("granularity", query.Granularity),
            ("metrics", string.Join(',', query.Metrics)),
            ("project_ids", string.Join(',', query.ProjectIds)),
            ("limit", "100"),
            ("cursor", query.Cursor));
        return await SendAsync(NeonRequest.Get(NeonRoutes.Consumption, path), NeonJson.Default.NeonConsumptionPage, cancellationToken);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (_owns)
        {
            _pipeline.Dispose();
            _http.Dispose();
        }
    }

    private static string Rfc3339(DateTimeOffset moment) => moment.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture);

    private Task<T> SendAsync<T>(NeonRequest request, JsonTypeInfo<T> answer, CancellationToken cancellationToken)
        where T : class
    {
        NeonRequest mine = request with { Priority = _priority };
        return _pipeline.RunAsync(mine, token => _transport.SendAsync(mine, answer, token), cancellationToken);
    }
}
