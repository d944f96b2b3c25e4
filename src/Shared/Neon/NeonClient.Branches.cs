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

    /// <summary>Wakes a compute.</summary>
    public Task<NeonEndpointChange> StartEndpointAsync(string projectId, string endpointId, CancellationToken cancellationToken) =>
        SendAsync(
            NeonRequest.Post(NeonRoutes.Start, NeonRoutes.Fill(NeonRoutes.Start, projectId, endpointId)),
            NeonJson.Default.NeonEndpointChange,
            cancellationToken);

    /// <summary>Puts a compute to sleep, whoever is connected.</summary>
    public Task<NeonEndpointChange> SuspendEndpointAsync(string projectId, string endpointId, CancellationToken cancellationToken) =>
        SendAsync(
            NeonRequest.Post(NeonRoutes.Suspend, NeonRoutes.Fill(NeonRoutes.Suspend, projectId, endpointId)),
            NeonJson.Default.NeonEndpointChange,
            cancellationToken);

    /// <summary>Makes a role, which may do nearly everything in its project. Connections of the compute are cut.</summary>
    public Task<NeonRoleChange> CreateRoleAsync(string projectId, string branchId, string name, CancellationToken cancellationToken) =>
        SendAsync(
            NeonRequest.Post(
                NeonRoutes.Roles, NeonRoutes.Fill(NeonRoutes.Roles, projectId, branchId), new(new(name)), NeonJson.Default.NeonRoleRequest),
            NeonJson.Default.NeonRoleChange,
            cancellationToken);

    /// <summary>
    /// Gives a role another password, which is good once the operations have ended; the old one is until then. Connections of the compute
    /// are cut.
    /// </summary>
    public Task<NeonRoleChange> ResetPasswordAsync(string projectId, string branchId, string role, CancellationToken cancellationToken) =>
        SendAsync(
            NeonRequest.Post(NeonRoutes.ResetPassword, NeonRoutes.Fill(NeonRoutes.ResetPassword, projectId, branchId, role)),
            NeonJson.Default.NeonRoleChange,
            cancellationToken);

    /// <summary>A role's password. Status 404 without the role, 412 where Neon does not keep passwords.</summary>
    public async Task<string> RevealPasswordAsync(string projectId, string branchId, string role, CancellationToken cancellationToken) =>
        (await SendAsync(
            NeonRequest.Get(NeonRoutes.RevealPassword, NeonRoutes.Fill(NeonRoutes.RevealPassword, projectId, branchId, role)),
            NeonJson.Default.NeonPassword,
            cancellationToken)).Password;

    /// <summary>Makes a database.</summary>
    public Task<NeonDatabaseChange> CreateDatabaseAsync(
        string projectId, string branchId, string name, string owner, CancellationToken cancellationToken) =>
        SendAsync(
            NeonRequest.Post(
                NeonRoutes.Databases,
                NeonRoutes.Fill(NeonRoutes.Databases, projectId, branchId),
                new(new() { Name = name, OwnerName = owner }),
                NeonJson.Default.NeonDatabaseRequest),
            NeonJson.Default.NeonDatabaseChange,
            cancellationToken);

    /// <summary>Drops a database. One that is not there is dropped.</summary>
    /// <returns>Operations to wait for; there may be none.</returns>
    public async Task<IReadOnlyList<NeonOperation>> DeleteDatabaseAsync(
        string projectId, string branchId, string name, CancellationToken cancellationToken) =>
        (await SendOrNothingAsync(
            NeonRequest.Delete(NeonRoutes.Database, NeonRoutes.Fill(NeonRoutes.Database, projectId, branchId, name)),
            NeonJson.Default.NeonDatabaseChange,
            cancellationToken))?.Operations ?? [];

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
