using System.Text.Json.Nodes;

namespace Freehold.Neon.Simulator;

/// <summary>What can be done with computes.</summary>
internal sealed class EndpointCalls(Projects projects, SimulatorOptions options)
{
    public Answer List(Call call)
    {
        SimulatedProject project = projects.Get(call["project"]);
        return Answer.Ok(new JsonObject { ["endpoints"] = new JsonArray(Bodies.Endpoint(project, projects.Now, options.SuspendTimeout)) });
    }

    public Answer Update(Call call)
    {
        SimulatedProject project = Of(call);
        JsonObject asked = call.Part("endpoint");
        project.Compute.Sizes = Sizes(asked, project.Compute.Sizes);
        project.Compute.IsDisabled = (bool?)asked["disabled"] ?? project.Compute.IsDisabled;
        if (project.Compute.IsDisabled)
        {
            project.Compute.Sleep();
        }

        return Change(project, ["apply_config"], call);
    }

    public Answer Suspend(Call call)
    {
        SimulatedProject project = Of(call);
        project.Compute.Sleep();
        return Change(project, ["suspend_compute"], call);
    }

    public static ComputeSizes Sizes(JsonObject asked, ComputeSizes before) => new(
        (double?)asked["autoscaling_limit_min_cu"] ?? before.Min,
        (double?)asked["autoscaling_limit_max_cu"] ?? before.Max,
        (long?)asked["suspend_timeout_seconds"] ?? before.SuspendTimeoutSeconds);

    private SimulatedProject Of(Call call)
    {
        SimulatedProject project = projects.Free(call["project"]);
        return project.EndpointId == call["endpoint"] ? project : throw new RefusedException(404, "endpoint not found");
    }

    private Answer Change(SimulatedProject project, IReadOnlyList<string> actions, Call call)
    {
        var operations = project.Operations.Add(actions, projects.Now, options.OperationTime, call.OperationError);
        return Answer.Ok(new JsonObject
        {
            ["endpoint"] = Bodies.Endpoint(project, projects.Now, options.SuspendTimeout),
            ["operations"] = Bodies.Operations(project, operations, projects.Now),
        });
    }
}
