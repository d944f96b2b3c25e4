namespace Freehold.Neon;

/// <summary>Templates of the paths, by which Neon counts requests.</summary>
internal static class NeonRoutes
{
    public const string Projects = "projects";
    public const string Project = "projects/{project}";
    public const string Operations = "projects/{project}/operations";
    public const string Operation = "projects/{project}/operations/{operation}";
    public const string Branches = "projects/{project}/branches";
    public const string Endpoints = "projects/{project}/endpoints";
    public const string Endpoint = "projects/{project}/endpoints/{endpoint}";
    public const string Suspend = "projects/{project}/endpoints/{endpoint}/suspend";
    public const string RevealPassword = "projects/{project}/branches/{branch}/roles/{role}/reveal_password";
    public const string ConnectionUri = "projects/{project}/connection_uri";
    public const string Consumption = "consumption_history/v2/projects";

    /// <summary>The path for a template.</summary>
    public static string Fill(string route, params ReadOnlySpan<string> values)
    {
        string path = route;
        foreach (string value in values)
        {
            int start = path.IndexOf('{', StringComparison.Ordinal);
            int end = path.IndexOf('}', StringComparison.Ordinal);
            path = $"{path[..start]}{Uri.EscapeDataString(value)}{path[(end + 1)..]}";
        }

        return path;
    }

    /// <summary>A query; what has no value is left out.</summary>
    public static string Query(string path, params ReadOnlySpan<(string Name, string? Value)> values)
    {
        char separator = '?';
        foreach ((string name, string? value) in values)
        {
            if (!string.IsNullOrEmpty(value))
            {
                path = $"{path}{separator}{name}={Uri.EscapeDataString(value)}";
                separator = '&';
            }
        }

        return path;
    }
}
