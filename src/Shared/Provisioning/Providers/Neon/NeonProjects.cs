using System.Net;
using Freehold.Neon;
using Microsoft.Extensions.Options;

namespace Freehold.Provisioning.Providers.Neon;

/// <summary>Projects of databases: made once, waited for, deleted. Each call says for whom it asks Neon, a person or nobody.</summary>
internal sealed class NeonProjects(NeonPlaces places, IOptions<NeonOptions> neon, IOptions<NeonTenancyOptions> tenancy, TimeProvider time)
{
    /// <summary>The project of a database, which is asked for where it never was.</summary>
    public async Task<NeonPlace> FindOrMakeAsync(NeonClient by, string database, DatabaseTerms terms, CancellationToken cancellationToken)
    {
        bool isFirst = await places.BeginAsync(database, terms.TenantUid, cancellationToken);
        if (!isFirst && await places.FindMadeAsync(database, cancellationToken) is { } earlier)
        {
            return earlier;
        }

        NeonPlanOptions plan = tenancy.Value.PlanOf(terms.Plan);
        NeonTenantProject project = await by.CreateProjectAsync(
            new NeonProjectPlan(database, NeonPlace.OwnerOf(database), database) { Quota = plan.Quota, Compute = plan.ComputeOf(neon.Value) },
            resumed: !isFirst,
            cancellationToken);
        if (!await places.KeepAsync(database, project, cancellationToken))
        {
            // Another host has made it as well, or nobody wants it any more.
            await by.DeleteProjectAsync(project.ProjectId, cancellationToken);
        }

        return await places.RequireAsync(database, cancellationToken);
    }

    /// <summary>Waits until Neon has made it.</summary>
    public async Task AwaitAsync(NeonClient by, NeonPlace place, CancellationToken cancellationToken)
    {
        if (place.Pending.Count == 0)
        {
            return;
        }

        try
        {
            await by.WaitAsync(place.ProjectId!, place.Pending, time.GetUtcNow() + tenancy.Value.Patience, cancellationToken);
            await places.SettleAsync(place, cancellationToken);
        }
        catch (NeonException exception) when (exception.OperationFailed || exception.Status == HttpStatusCode.NotFound)
        {
            // It never became a database, and never will; or an earlier attempt has deleted it for that, and not been answered. The next makes another.
            await by.DeleteProjectAsync(place.ProjectId!, cancellationToken);
            await places.ForgetAsync(place, cancellationToken);
            throw new NeonException(exception.Message, exception) { IsTransient = true };
        }
    }

    /// <summary>Deletes the project of a database, if there is one.</summary>
    public static async Task DeleteAsync(NeonClient by, string database, string? projectId, CancellationToken cancellationToken)
    {
        // A project that was asked for, and of which no answer came, is found by its name.
        projectId ??= (await by.FindProjectAsync(database, cancellationToken))?.Id;
        if (projectId is not null)
        {
            await by.DeleteProjectAsync(projectId, cancellationToken);
        }
    }

    /// <summary>Whether Neon has the project of a database.</summary>
    public async Task<bool> IsThereAsync(NeonClient by, string database, CancellationToken cancellationToken)
    {
        if (await places.FindMadeAsync(database, cancellationToken) is not { } place)
        {
            return await by.FindProjectAsync(database, cancellationToken) is not null;
        }

        try
        {
            await by.GetProjectAsync(place.ProjectId!, cancellationToken);
            return true;
        }
        catch (NeonException exception) when (exception.Status == HttpStatusCode.NotFound)
        {
            return false;
        }
    }
}
