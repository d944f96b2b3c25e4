using System.Security.Cryptography;
using System.Text.Json.Nodes;

namespace Freehold.Neon.Simulator;

/// <summary>What can be done with projects as a whole, and with their operations.</summary>
internal sealed class ProjectCalls(Projects projects, ServerDatabases server, SimulatorOptions options)
{
    private static readonly string[] Creation = ["create_timeline", "start_compute"];

    /// <summary>
    /// Makes a project. Its database is there when this is answered; the gateway lets nobody in before the operations have ended.
    /// </summary>
    public async Task<Answer> CreateAsync(Call call)
    {
        JsonObject asked = call.Part("project");
        SimulatedProject project = Planned(asked, call.Fault);
        string role = (string?)asked["branch"]?["role_name"] ?? "neondb_owner";
        string database = (string?)asked["branch"]?["database_name"] ?? "neondb";
        string password = NewPassword();
        lock (projects.Lock)
        {
            if (options.ProjectsLimit is { } limit && projects.All.Count(project => project.IsThere) >= limit)
            {
                return LimitExceeded(limit);
            }
        }

        await ClearAsync(database);
        await server.CreateRoleAsync(role, password);
        try
        {
            await server.CreateDatabaseAsync(database, role);
        }
        catch (RefusedException)
        {
            await server.DropAsync([], [role]);
            throw;
        }
        catch (Exception)
        {
            // A project that was not made leaves nothing, or the next attempt would be refused for it.
            await server.DropAsync([database], [role]);
            throw;
        }

        lock (projects.Lock)
        {
            (project.Roles[role], project.Databases[database]) = (password, role);
            projects.Add(project);
            var operations = project.Operations.Add(Creation, projects.Now, options.OperationTime, call.OperationError);
            project.Compute.Wake(projects.Now, options.OperationTime * Creation.Length);
            return Answer.Created(new JsonObject
            {
                ["project"] = Bodies.Project(project, options.OrgId),
                ["connection_uris"] = new JsonArray(Connection(role, password, database)),
                ["roles"] = new JsonArray(Bodies.Role(project, role, password)),
                ["databases"] = new JsonArray(Bodies.Database(project, database)),
                ["operations"] = Bodies.Operations(project, operations, projects.Now),
                ["branch"] = Bodies.Branch(project, projects.Now),
                ["endpoints"] = new JsonArray(Bodies.Endpoint(project, projects.Now, options.SuspendTimeout)),
            });
        }
    }

    public static Answer LimitExceeded(int limit) =>
        Answer.Error(422, $"user projects limit of {limit} exceeded, got {limit}", "PROJECTS_LIMIT_EXCEEDED");

    public Answer Get(Call call) => Answer.Ok(new JsonObject { ["project"] = Bodies.Project(projects.Get(call["project"]), options.OrgId) });

    /// <summary>Changes what is named; a quota replaces the one before.</summary>
    public Answer Update(Call call)
    {
        SimulatedProject project = projects.Free(call["project"]);
        JsonObject asked = call.Part("project");
        project.Name = (string?)asked["name"] ?? project.Name;
        project.HistoryRetentionSeconds = (int?)asked["history_retention_seconds"] ?? project.HistoryRetentionSeconds;
        Set(project, asked);
        var operations = project.Operations.Add(["apply_config"], projects.Now, options.OperationTime, call.OperationError);
        return Answer.Ok(new JsonObject
        {
            ["project"] = Bodies.Project(project, options.OrgId),
            ["operations"] = Bodies.Operations(project, operations, projects.Now),
        });
    }

    /// <summary>Deletes a project, which can be brought back.</summary>
    public async Task<Answer> DeleteAsync(Call call)
    {
        SimulatedProject project;
        Answer answer;
        lock (projects.Lock)
        {
            project = projects.Free(call["project"]);
            answer = Get(call);
            project.DeletedAt = projects.Now;
            project.Compute.Sleep();
        }

        await SetOpenAsync(project, open: false);
        return answer;
    }

    public async Task<Answer> RecoverAsync(Call call)
    {
        SimulatedProject project;
        lock (projects.Lock)
        {
            project = projects.Find(call["project"]) is { IsThere: false, IsPurged: false } deleted && projects.Now - deleted.DeletedAt < options.RecoveryWindow
                ? deleted
                : throw new RefusedException(404, "project not found or not recoverable");
            project.DeletedAt = null;
        }

        await SetOpenAsync(project, open: true);
        lock (projects.Lock)
        {
            return Answer.Ok(new JsonObject
            {
                ["project"] = Bodies.Project(project, options.OrgId),
                ["branches"] = new JsonArray(Bodies.Branch(project, projects.Now)),
            });
        }
    }

    public Answer GetOperation(Call call)
    {
        SimulatedProject project = projects.Get(call["project"]);
        return project.Operations.All.FirstOrDefault(operation => operation.Id.ToString() == call["operation"]) is { } operation
            ? Answer.Ok(new JsonObject { ["operation"] = Bodies.Operation(project, operation, projects.Now) })
            : Answer.Error(404, "operation not found");
    }

    /// <summary>Newest first. The cursor is how many were listed.</summary>
    public Answer ListOperations(Call call)
    {
        SimulatedProject project = projects.Get(call["project"]);
        int skipped = int.TryParse(call.Query("cursor"), out int cursor) ? cursor : 0;
        SimulatedOperation[] page = [.. project.Operations.All.Reverse().Skip(skipped).Take(call.Limit(100, 1000))];
        JsonObject body = new() { ["operations"] = Bodies.Operations(project, page, projects.Now) };
        if (page.Length > 0)
        {
            body["pagination"] = new JsonObject { ["cursor"] = $"{skipped + page.Length}" };
        }

        return Answer.Ok(body);
    }

    private static string NewPassword() => "npg_" + Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(12));

    private static JsonObject Connection(string role, string password, string database) => new()
    {
        ["connection_uri"] = $"postgresql://{role}:{password}@{ComputeGateway.DirectHost}/{database}?sslmode=require",
        ["connection_parameters"] = new JsonObject
        {
            ["database"] = database,
            ["role"] = role,
            ["password"] = password,
            ["host"] = ComputeGateway.DirectHost,
            ["pooler_host"] = ComputeGateway.PoolerHost,
        },
    };

    /// <summary>What is left of a deleted project is in the way of its name here, where all share one server; it cannot be brought back afterwards.</summary>
    private async Task ClearAsync(string database)
    {
        SimulatedProject[] deleted;
        lock (projects.Lock)
        {
            deleted = [.. projects.All.Where(project => project is { IsThere: false, IsPurged: false } && project.Databases.ContainsKey(database))];
            Array.ForEach(deleted, project => project.IsPurged = true);
        }

        foreach (SimulatedProject project in deleted)
        {
            await server.DropAsync(project.Databases.Keys, project.Roles.Keys);
        }
    }

    private SimulatedProject Planned(JsonObject asked, Fault? fault)
    {
        if (fault?.Kind == FaultKind.ProjectsLimit)
        {
            throw new RefusedException(422, "user projects limit of 1 exceeded, got 1", "PROJECTS_LIMIT_EXCEEDED");
        }

        lock (projects.Lock)
        {
            string id = projects.NextId();
            SimulatedProject project = new()
            {
                Id = id,
                Name = (string?)asked["name"] ?? id,
                RegionId = (string?)asked["region_id"] ?? "aws-us-east-2",
                PgVersion = (int?)asked["pg_version"] ?? 17,
                CreatedAt = projects.Now,
                StoresPasswords = (bool?)asked["store_passwords"] ?? true,
                HistoryRetentionSeconds = (int?)asked["history_retention_seconds"] ?? 86_400,
            };
            Set(project, asked);
            project.Compute.Sizes = project.Defaults;
            return project;
        }
    }

    private static void Set(SimulatedProject project, JsonObject asked)
    {
        if (asked["default_endpoint_settings"] is JsonObject sizes)
        {
            project.Defaults = EndpointCalls.Sizes(sizes, project.Defaults);
        }

        if (asked["settings"]?["quota"] is JsonObject quota)
        {
            project.Quota.Clear();
            foreach ((string name, JsonNode? value) in quota)
            {
                project.Quota[name] = (long)value!;
            }
        }
    }

    private async Task SetOpenAsync(SimulatedProject project, bool open)
    {
        foreach (string database in project.Databases.Keys)
        {
            await server.SetOpenAsync(database, open);
        }
    }
}
