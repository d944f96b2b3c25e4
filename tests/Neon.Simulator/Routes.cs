namespace Freehold.Neon.Simulator;

/// <summary>The calls that are answered, by method and path. Those that only look, or change what is in memory, hold the lock.</summary>
internal sealed class Routes
{
    private readonly List<(string Method, string[] Template, Func<Call, Task<Answer>> Answer)> _routes = [];
    private readonly Projects _projects;

    public Routes(Projects projects, ServerDatabases server, AccountCalls account, SimulatorOptions options)
    {
        _projects = projects;
        ProjectCalls project = new(projects, server, options);
        BranchCalls branch = new(projects);
        EndpointCalls endpoint = new(projects, options);
        ListedProjects listed = new(projects, options);
        Add("GET", "projects", listed.List);
        Add("POST", "projects", project.CreateAsync);
        Add("GET", "projects/{project}", project.Get);
        Add("PATCH", "projects/{project}", project.Update);
        Add("DELETE", "projects/{project}", project.DeleteAsync);
        Add("POST", "projects/{project}/recover", project.RecoverAsync);
        Add("GET", "projects/{project}/operations", project.ListOperations);
        Add("GET", "projects/{project}/operations/{operation}", project.GetOperation);
        Add("GET", "projects/{project}/connection_uri", branch.ConnectionUri);
        Add("GET", "projects/{project}/endpoints", endpoint.List);
        Add("PATCH", "projects/{project}/endpoints/{endpoint}", endpoint.Update);
        Add("POST", "projects/{project}/endpoints/{endpoint}/suspend", endpoint.Suspend);
        Add("GET", "projects/{project}/branches", branch.List);
        Add("GET", "projects/{project}/branches/{branch}/roles/{role}/reveal_password", branch.RevealPassword);
        Add("GET", "consumption_history/v2/projects", account.Consumption);
    }

    /// <summary>The route of a path below the API's address; null if there is none.</summary>
    public (string Template, Dictionary<string, string> Values, Func<Call, Task<Answer>> Answer)? Find(string method, string path)
    {
        string[] segments = [.. path.Split('/').Select(Uri.UnescapeDataString)];
        foreach ((string allowed, string[] template, Func<Call, Task<Answer>> answer) in _routes)
        {
            if (allowed == method && template.Length == segments.Length
                && template.Zip(segments).All(pair => pair.First[0] == '{' || pair.First == pair.Second))
            {
                Dictionary<string, string> values = template.Zip(segments)
                    .Where(pair => pair.First[0] == '{')
                    .ToDictionary(pair => pair.First[1..^1], pair => pair.Second);
                return (string.Join('/', template), values, answer);
            }
        }

        return null;
    }

    private void Add(string method, string template, Func<Call, Task<Answer>> answer) => _routes.Add((method, template.Split('/'), answer));

    private void Add(string method, string template, Func<Call, Answer> answer) => Add(method, template, call =>
    {
        lock (_projects.Lock)
        {
            return Task.FromResult(answer(call));
        }
    });
}
