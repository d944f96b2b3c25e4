using System.Text.Json.Nodes;

namespace Freehold.Neon.Simulator;

/// <summary>What there is to know about a project's branch, roles and databases. There is one branch.</summary>
internal sealed class BranchCalls(Projects projects)
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

    public Answer RevealPassword(Call call)
    {
        SimulatedProject project = Of(call);
        string password = Password(project, call["role"]);
        return project.StoresPasswords
            ? Answer.Ok(new JsonObject { ["password"] = password })
            : Answer.Error(412, "storing passwords is disabled");
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

    private SimulatedProject Of(Call call)
    {
        SimulatedProject project = projects.Get(call["project"]);
        return project.BranchId == call["branch"] ? project : throw new RefusedException(404, "branch not found");
    }
}
