using System.Net;

namespace Freehold.Neon;

internal sealed partial class NeonClient
{
    private static readonly TimeSpan FirstLook = TimeSpan.FromSeconds(0.25);
    private static readonly TimeSpan LongestBetweenLooks = TimeSpan.FromSeconds(2);

    /// <summary>Waits until operations of a project have ended well.</summary>
    /// <param name="projectId">The project.</param>
    /// <param name="operations">The operations, as an answer named them.</param>
    /// <param name="deadline">When to stop waiting.</param>
    /// <param name="cancellationToken">Calls it off.</param>
    /// <exception cref="NeonException">
    /// One failed, or was cancelled. Or the project is gone (status 404). Or the deadline came (transient): <see cref="NeonException.PendingOperations"/> are those to wait for
    /// again.
    /// </exception>
    public async Task WaitAsync(
        string projectId, IReadOnlyCollection<NeonOperation> operations, DateTimeOffset deadline, CancellationToken cancellationToken)
    {
        List<string> pending = StillPending(projectId, operations);
        TimeSpan pause = FirstLook;
        while (pending.Count > 0)
        {
            TimeSpan left = deadline - _time.GetUtcNow();
            if (left <= TimeSpan.Zero)
            {
                throw new NeonException($"Operations of the project {projectId} go on after the time there was for them: {string.Join(", ", pending)}.")
                {
                    IsTransient = true,
                    PendingOperations = pending,
                };
            }

            await Task.Delay(pause < left ? pause : left, _time, cancellationToken);
            pause = pause * 1.5 < LongestBetweenLooks ? pause * 1.5 : LongestBetweenLooks;
            pending = StillPending(projectId, await LookAsync(projectId, pending, cancellationToken));
        }
    }

    /// <inheritdoc cref="WaitAsync(string, IReadOnlyCollection{NeonOperation}, DateTimeOffset, CancellationToken)"/>
    public Task WaitAsync(string projectId, IEnumerable<string> operationIds, DateTimeOffset deadline, CancellationToken cancellationToken) =>
        WaitAsync(projectId, [.. operationIds.Select(Unseen)], deadline, cancellationToken);

    private static NeonOperation Unseen(string id) => new() { Id = id, Action = string.Empty, Status = string.Empty };

    private static List<string> StillPending(string projectId, IEnumerable<NeonOperation> operations)
    {
        List<string> pending = [];
        foreach (NeonOperation operation in operations)
        {
            if (operation.HasFailed)
            {
                throw new NeonException(
                    $"The operation {operation.Id} ({operation.Action}) of the project {projectId} ended as {operation.Status}: {operation.Error ?? "no reason given"}.")
                {
                    OperationFailed = true,
                };
            }

            if (!operation.IsDone)
            {
                pending.Add(operation.Id);
            }
        }

        return pending;
    }

    /// <summary>
    /// One request, for however many operations: requests are what there is least of. The list may lag behind what was answered before.
    /// </summary>
    private async Task<IReadOnlyList<NeonOperation>> LookAsync(string projectId, List<string> ids, CancellationToken cancellationToken)
    {
        if (ids is [var only])
        {
            try
            {
                return [await GetOperationAsync(projectId, only, cancellationToken)];
            }
            catch (NeonException exception) when (exception.Status == HttpStatusCode.NotFound)
            {
                // It is not there yet, or the project is gone, which the list says.
            }
        }

        Dictionary<string, NeonOperation> listed = (await ListOperationsAsync(projectId, cancellationToken)).ToDictionary(operation => operation.Id);
        return [.. ids.Select(id => listed.GetValueOrDefault(id) ?? Unseen(id))];
    }
}
