using System.Globalization;

namespace Freehold.Neon;

internal sealed partial class NeonClient
{
    private const int LongestPageOfBranches = 1000;

    /// <summary>All branches of a project.</summary>
    public async Task<IReadOnlyList<NeonBranch>> ListBranchesAsync(string projectId, CancellationToken cancellationToken)
    {
        List<NeonBranch> branches = [];
        string? cursor = null;
        NeonBranches page;
        do
        {
            string path = NeonRoutes.Query(
                NeonRoutes.Fill(NeonRoutes.Branches, projectId),
                ("limit", LongestPageOfBranches.ToString(CultureInfo.InvariantCulture)),
                ("cursor", cursor));
            page = await SendAsync(NeonRequest.Get(NeonRoutes.Branches, path), NeonJson.Default.NeonBranches, cancellationToken);
            branches.AddRange(page.Branches);
            cursor = page.Pagination?.Next;
        }
        while (page.Branches.Count > 0 && !string.IsNullOrEmpty(cursor));

        return branches;
    }

    /// <summary>All computes of a project.</summary>
    public async Task<IReadOnlyList<NeonEndpoint>> ListEndpointsAsync(string projectId, CancellationToken cancellationToken) =>
        (await SendAsync(
            NeonRequest.Get(NeonRoutes.Endpoints, NeonRoutes.Fill(NeonRoutes.Endpoints, projectId)), NeonJson.Default.NeonEndpoints, cancellationToken))
        .Endpoints;

    /// <summary>Changes a compute. One that sleeps is woken for it.</summary>
    public Task<NeonEndpointChange> UpdateEndpointAsync(
        string projectId, string endpointId, NeonEndpointUpdate update, CancellationToken cancellationToken) =>
        SendAsync(
            NeonRequest.Patch(
                NeonRoutes.Endpoint,
                NeonRoutes.Fill(NeonRoutes.Endpoint, projectId, endpointId),
                new(update),
                NeonJson.Default.NeonEndpointUpdateRequest),
            NeonJson.Default.NeonEndpointChange,
            cancellationToken);

    /// <summary>Puts a compute to sleep, whoever is connected.</summary>
    public Task<NeonEndpointChange> SuspendEndpointAsync(string projectId, string endpointId, CancellationToken cancellationToken) =>
        SendAsync(
            NeonRequest.Post(NeonRoutes.Suspend, NeonRoutes.Fill(NeonRoutes.Suspend, projectId, endpointId)),
            NeonJson.Default.NeonEndpointChange,
            cancellationToken);

    /// <summary>A role's password. Status 404 without the role, 412 where Neon does not keep passwords.</summary>
    public async Task<string> RevealPasswordAsync(string projectId, string branchId, string role, CancellationToken cancellationToken) =>
        (await SendAsync(
            NeonRequest.Get(NeonRoutes.RevealPassword, NeonRoutes.Fill(NeonRoutes.RevealPassword, projectId, branchId, role)),
            NeonJson.Default.NeonPassword,
            cancellationToken)).Password;

    /// <summary>The address of a database with credentials, by the pooler or straight.</summary>
    public async Task<Uri> GetConnectionUriAsync(
        string projectId, string branchId, string database, string role, bool pooled, CancellationToken cancellationToken)
    {
        string path = NeonRoutes.Query(
            NeonRoutes.Fill(NeonRoutes.ConnectionUri, projectId),
            ("branch_id", branchId),
            ("database_name", database),
            ("role_name", role),

            // Neon does not say what it is without.
            ("pooled", pooled ? "true" : "false"));
        return new Uri((await SendAsync(NeonRequest.Get(NeonRoutes.ConnectionUri, path), NeonJson.Default.NeonConnectionUri, cancellationToken)).Uri);
    }
}
