using System.Net;

namespace Freehold.Neon;

internal sealed partial class NeonClient
{
    // Each may have been the one that made the project, so each is followed by a search.
    private const int MostCreations = 3;
    private const int MostSearches = 3;
    private const int SearchesWithoutIt = 2;

    /// <summary>
    /// Makes a project, once: when nobody knows whether an attempt made it, the project of that name is looked for, and taken if it is
    /// there. It is not ready before its operations have ended.
    /// </summary>
    /// <param name="plan">What to make.</param>
    /// <param name="resumed">Whether an earlier call, of this process or another, may have made it already: it is looked for first.</param>
    /// <param name="cancellationToken">Calls it off. Call again with <paramref name="resumed"/>.</param>
    /// <exception cref="NeonException">
    /// Neon refused; or it cannot be told whether the project is there (transient): call again later with <paramref name="resumed"/>; or
    /// there are two of that name.
    /// </exception>
    public async Task<NeonTenantProject> CreateProjectAsync(NeonProjectPlan plan, bool resumed, CancellationToken cancellationToken)
    {
        if (resumed && await LookForAsync(plan.Name, cancellationToken) is { } earlier)
        {
            return await AdoptAsync(plan, earlier, cancellationToken);
        }

        for (int creation = 1; ; creation++)
        {
            try
            {
                return Made(await SendAsync(
                    NeonRequest.Post(NeonRoutes.Projects, NeonRoutes.Projects, plan.Request(_options), NeonJson.Default.NeonProjectRequest),
                    NeonJson.Default.NeonCreatedProject,
                    cancellationToken));
            }
            catch (NeonException exception) when (exception.IsAmbiguous)
            {
                Log.LookedFor(_logger, plan.Name, exception.Message);

                if (await LookForAsync(plan.Name, cancellationToken) is { } found)
                {
                    return await AdoptAsync(plan, found, cancellationToken);
                }

                if (creation == MostCreations)
                {
                    throw;
                }
            }
        }
    }

    private static NeonTenantProject Made(NeonCreatedProject created)
    {
        NeonConnectionParameters connection = created.ConnectionUris[0].ConnectionParameters;
        return new NeonTenantProject
        {
            ProjectId = created.Project.Id,
            BranchId = created.Branch.Id,
            EndpointId = created.Endpoints[0].Id,
            Host = connection.Host,
            PoolerHost = connection.PoolerHost,
            Role = connection.Role,
            Database = connection.Database,
            Password = connection.Password,
            Operations = created.Operations,
        };
    }

    /// <summary>
    /// Looks for a project until it is found, or was absent in two searches in which Neon could read all projects. What is on its way when
    /// the first is made may have arrived at the second: an answer was lost, or a call was called off a moment ago that Neon goes on with.
    /// </summary>
    private async Task<NeonListedProject?> LookForAsync(string name, CancellationToken cancellationToken)
    {
        int absent = 0;
        for (int search = 1; ; search++)
        {
            await Task.Delay(_options.SettlePause, _time, cancellationToken);
            (NeonListedProject? found, int unread) = await SearchAsync(name, cancellationToken);
            absent += unread == 0 ? 1 : 0;
            if (found is not null || absent == SearchesWithoutIt)
            {
                return found;
            }

            if (search >= MostSearches && unread > 0)
            {
                throw Unread(name, unread);
            }
        }
    }

    /// <summary>What the answer would have said that was lost.</summary>
    private async Task<NeonTenantProject> AdoptAsync(NeonProjectPlan plan, NeonListedProject project, CancellationToken cancellationToken)
    {
        IReadOnlyList<NeonBranch> branches = await ListBranchesAsync(project.Id, cancellationToken);
        NeonBranch branch = branches.SingleOrDefault(branch => branch.Default)
            ?? throw new NeonException($"The project {project.Id} has no default branch yet.") { IsTransient = true };
        IReadOnlyList<NeonEndpoint> endpoints = await ListEndpointsAsync(project.Id, cancellationToken);
        NeonEndpoint endpoint = endpoints.FirstOrDefault(endpoint => endpoint.BranchId == branch.Id && endpoint.Type == "read_write")
            ?? throw new NeonException($"The project {project.Id} has no endpoint yet.") { IsTransient = true };
        IReadOnlyList<NeonOperation> operations = await ListOperationsAsync(project.Id, cancellationToken);
        string password = await PasswordAsync(project.Id, branch.Id, plan.RoleName, cancellationToken);
        Uri pooler = await GetConnectionUriAsync(project.Id, branch.Id, plan.DatabaseName, plan.RoleName, pooled: true, cancellationToken);
        Log.Adopted(_logger, project.Id, plan.Name);
        return new NeonTenantProject
        {
            ProjectId = project.Id,
            BranchId = branch.Id,
            EndpointId = endpoint.Id,
            Host = endpoint.Host,
            PoolerHost = pooler.Host,
            Role = plan.RoleName,
            Database = plan.DatabaseName,
            Password = password,
            Operations = [.. operations.Where(operation => !operation.IsDone)],
        };
    }

    private async Task<string> PasswordAsync(string projectId, string branchId, string role, CancellationToken cancellationToken)
    {
        try
        {
            return await RevealPasswordAsync(projectId, branchId, role, cancellationToken);
        }
        catch (NeonException exception) when (exception.Status == HttpStatusCode.NotFound)
        {
            // The branch is there before its roles are.
            throw new NeonException($"The project {projectId} has no role {role} yet.", exception) { IsTransient = true };
        }
    }
}
