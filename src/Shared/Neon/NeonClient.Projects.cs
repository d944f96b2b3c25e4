using System.Globalization;
using System.Net;

namespace Freehold.Neon;

internal sealed partial class NeonClient
{
    private const int LongestPage = 400;

    /// <summary>One project, with what it used. Status 404 if there is none, or it was deleted.</summary>
    public async Task<NeonProject> GetProjectAsync(string projectId, CancellationToken cancellationToken) =>
        (await SendAsync(
            NeonRequest.Get(NeonRoutes.Project, NeonRoutes.Fill(NeonRoutes.Project, projectId)), NeonJson.Default.NeonProjectAnswer, cancellationToken))
        .Project;

    /// <summary>A page of projects, in Neon's order, up to 400.</summary>
    /// <param name="cursor">Where the page before ended; null for the first.</param>
    /// <param name="search">A part of a name or an id; null for all.</param>
    /// <param name="recoverable">Deleted ones that can be brought back, instead of those that are there.</param>
    /// <param name="cancellationToken">Calls it off.</param>
    public Task<NeonProjectPage> ListProjectsAsync(string? cursor, string? search, bool recoverable, CancellationToken cancellationToken)
    {
        string path = NeonRoutes.Query(
            NeonRoutes.Projects,
            ("limit", LongestPage.ToString(CultureInfo.InvariantCulture)),
            ("cursor", cursor),
            ("search", search),
            ("org_id", _options.OrgId),
            ("recoverable", recoverable ? "true" : null));
        return SendAsync(NeonRequest.Get(NeonRoutes.Projects, path), NeonJson.Default.NeonProjectPage, cancellationToken);
    }

    /// <summary>The project of exactly this name, deleted ones apart.</summary>
    /// <returns>Null if there is none.</returns>
    /// <exception cref="NeonException">
    /// Neon could not read all projects in time, so that there may be one (transient); or there are several, which it names.
    /// </exception>
    public async Task<NeonListedProject?> FindProjectAsync(string name, CancellationToken cancellationToken)
    {
        (NeonListedProject? found, int unread) = await SearchAsync(name, cancellationToken);
        return found ?? (unread == 0 ? null : throw Unread(name, unread));
    }

    /// <summary>Changes a project. Computes that there are keep their sizes.</summary>
    public Task<NeonProjectChange> UpdateProjectAsync(string projectId, NeonProjectUpdate update, CancellationToken cancellationToken) =>
        SendAsync(
            NeonRequest.Patch(
                NeonRoutes.Project, NeonRoutes.Fill(NeonRoutes.Project, projectId), new(update), NeonJson.Default.NeonProjectUpdateRequest),
            NeonJson.Default.NeonProjectChange,
            cancellationToken);

    /// <summary>Deletes a project with all it holds. It can be brought back for 7 days. One that is not there is deleted.</summary>
    public async Task DeleteProjectAsync(string projectId, CancellationToken cancellationToken)
    {
        try
        {
            await SendAsync(
                NeonRequest.Delete(NeonRoutes.Project, NeonRoutes.Fill(NeonRoutes.Project, projectId)), NeonJson.Default.NeonProjectAnswer, cancellationToken);
        }
        catch (NeonException exception) when (exception.Status == HttpStatusCode.NotFound)
        {
            // Somebody was quicker, or an attempt before this one.
        }
    }

    private static NeonException Unread(string name, int unread) =>
        new($"Neon could not read {unread} projects in time, and one of them may be named {name}.") { IsTransient = true };

    /// <returns>The project of this name; without one, how many could not be read, of which one may be it.</returns>
    private async Task<(NeonListedProject? Found, int Unread)> SearchAsync(string name, CancellationToken cancellationToken)
    {
        Dictionary<string, NeonListedProject> found = [];
        int unread = 0;
        string? cursor = null;
        do
        {
            NeonProjectPage page = await ListProjectsAsync(cursor, name, recoverable: false, cancellationToken);
            foreach (NeonListedProject project in page.Projects.Where(project => project.Name == name && project.DeletedAt is null))
            {
                found[project.Id] = project;
            }

            unread += page.UnavailableProjectIds.Count;
            cursor = page.Next;
        }
        while (cursor is not null);

        return found.Count <= 1
            ? (found.Values.SingleOrDefault(), unread)
            : throw new NeonException($"There are {found.Count} projects named {name}: {string.Join(", ", found.Keys)}. Delete all but one.");
    }
}
