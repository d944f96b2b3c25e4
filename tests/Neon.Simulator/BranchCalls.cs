using System.Text.Json.Nodes;

namespace Freehold.Neon.Simulator;

/// <summary>What can be done with a project's branch, roles and databases. There is one branch.</summary>
internal sealed class BranchCalls(Projects projects, ServerDatabases server, SimulatorOptions options)
{
    public Answer List(Call call)
    {
        SimulatedProject project = projects.Get(call["project"]);
        return Answer.Ok(new JsonObject
        {
            ["branches"] = new JsonArray(Bodies.Branch(project, projects.Now)),
            ["annotations"] = new JsonObject(),
            ["pagination"] = new JsonObject { ["sort_by"] = "updated_at", ["sort_order"] = "DESC" },
        });
    }

    public async Task<Answer> CreateRoleAsync(Call call)
    {
        string name = (string)call.Part("role")["name"]!;
        string password = ProjectCalls.NewPassword();
        lock (projects.Lock)
        {
            _ = Free(call).Roles.ContainsKey(name) ? throw new RefusedException(422, $"role {name} already exists") : name;
        }

        await server.CreateRoleAsync(name, password);
        return ChangeRole(call, name, password, 201);
    }

    public async Task<Answer> ResetPasswordAsync(Call call)
    {
        string password = ProjectCalls.NewPassword();
        lock (projects.Lock)
        {
            _ = Password(Free(call), call["role"]);
        }

        await server.SetPasswordAsync(call["role"], password);
        return ChangeRole(call, call["role"], password, 200);
    }

    public Answer RevealPassword(Call call)
    {
        SimulatedProject project = Of(call);
        string password = Password(project, call["role"]);
        return project.StoresPasswords
            ? Answer.Ok(new JsonObject { ["password"] = password })
            : Answer.Error(412, "storing passwords is disabled");
    }

    public async Task<Answer> CreateDatabaseAsync(Call call)
    {
        JsonObject asked = call.Part("database");
        (string name, string owner) = ((string)asked["name"]!, (string)asked["owner_name"]!);
        lock (projects.Lock)
        {
            _ = Password(Free(call), owner);
        }

        await server.CreateDatabaseAsync(name, owner);
        lock (projects.Lock)
        {
            SimulatedProject project = Of(call);
            project.Databases[name] = owner;
            return new Answer(201, new JsonObject
            {
                ["database"] = Bodies.Database(project, name),
                ["operations"] = Applied(project, call),
            });
        }
    }

    public async Task<Answer> DeleteDatabaseAsync(Call call)
    {
        JsonObject database;
        lock (projects.Lock)
        {
            SimulatedProject project = Free(call);
            if (!project.Databases.ContainsKey(call["database"]))
            {
                return new Answer(204, null);
            }

            database = Bodies.Database(project, call["database"]);
        }

        await server.DropAsync([call["database"]], []);
        lock (projects.Lock)
        {
            SimulatedProject project = Of(call);
            project.Databases.Remove(call["database"]);
            return Answer.Ok(new JsonObject { ["database"] = database, ["operations"] = Applied(project, call) });
        }
    }

    public Answer ConnectionUri(Call call)
    {
        SimulatedProject project = projects.Get(call["project"]);
        string role = call.Query("role_name") ?? throw new RefusedException(400, "role_name is required");
        string database = call.Query("database_name") ?? throw new RefusedException(400, "database_name is required");
        string host = call.Query("pooled") switch
        {
            "true" => ComputeGateway.PoolerHost,
            "false" => ComputeGateway.DirectHost,

            // The service does not say what it is then, so nobody may rely on it.
            _ => throw new RefusedException(400, "pooled must be true or false"),
        };
        string password = Password(project, role);
        return project.Databases.ContainsKey(database)
            ? Answer.Ok(new JsonObject { ["uri"] = $"postgresql://{role}:{password}@{host}/{database}?channel_binding=require&sslmode=require" })
            : Answer.Error(404, "database not found");
    }

    private static string Password(SimulatedProject project, string role) =>
        project.Roles.GetValueOrDefault(role) ?? throw new RefusedException(404, "role not found");

    private SimulatedProject Free(Call call)
    {
        projects.Free(call["project"]);
        return Of(call);
    }

    private SimulatedProject Of(Call call)
    {
        SimulatedProject project = projects.Get(call["project"]);
        return project.BranchId == call["branch"] ? project : throw new RefusedException(404, "branch not found");
    }

    private Answer ChangeRole(Call call, string name, string password, int status)
    {
        lock (projects.Lock)
        {
            SimulatedProject project = Of(call);
            project.Roles[name] = password;
            project.Compute.Cut();
            return new Answer(status, new JsonObject { ["role"] = Bodies.Role(project, name, password), ["operations"] = Applied(project, call) });
        }
    }

    private JsonArray Applied(SimulatedProject project, Call call) =>
        Bodies.Operations(
            project, project.Operations.Add(["apply_config"], projects.Now, options.OperationTime, call.OperationError), projects.Now);
}
