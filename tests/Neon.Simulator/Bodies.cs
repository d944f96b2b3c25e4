using System.Globalization;
using System.Text.Json.Nodes;

namespace Freehold.Neon.Simulator;

/// <summary>The bodies of answers, with every member that the API's description requires.</summary>
internal static class Bodies
{
    private const string Provisioner = "k8s-neonvm";
    private const string ProxyHost = "simulated.invalid";

    public static JsonObject Project(SimulatedProject project, string orgId)
    {
        JsonObject body = Common(project, orgId);
        ProjectUsage usage = project.Usage;
        body["data_storage_bytes_hour"] = 0;
        body["data_transfer_bytes"] = usage.DataTransferBytes;
        body["written_data_bytes"] = usage.WrittenDataBytes;
        body["compute_time_seconds"] = usage.ComputeTimeSeconds;
        body["active_time_seconds"] = usage.ActiveTimeSeconds;
        body["history_retention_seconds"] = project.HistoryRetentionSeconds;
        body["consumption_period_start"] = "0001-01-01T00:00:00Z";
        body["consumption_period_end"] = "0001-01-01T00:00:00Z";
        return body;
    }

    public static JsonObject ListedProject(SimulatedProject project, string orgId, TimeSpan recoveryWindow)
    {
        JsonObject body = Common(project, orgId);
        body["active_time"] = project.Usage.ActiveTimeSeconds;
        if (project.DeletedAt is { } deleted)
        {
            body["deleted_at"] = Time(deleted);
            body["recoverable_until"] = Time(deleted + recoveryWindow);
        }

        return body;
    }

    public static JsonObject Branch(SimulatedProject project, DateTimeOffset now)
    {
        bool isReady = project.Operations.All.Count == 0 || project.Operations.All[0].Ends <= now;
        JsonObject body = new()
        {
            ["id"] = project.BranchId,
            ["project_id"] = project.Id,
            ["name"] = "main",
            ["current_state"] = isReady ? "ready" : "init",
            ["state_changed_at"] = Time(project.CreatedAt),
            ["creation_source"] = "console",
            ["primary"] = true,
            ["default"] = true,
            ["protected"] = false,
            ["cpu_used_sec"] = 0,
            ["compute_time_seconds"] = project.Usage.ComputeTimeSeconds,
            ["active_time_seconds"] = project.Usage.ActiveTimeSeconds,
            ["written_data_bytes"] = project.Usage.WrittenDataBytes,
            ["data_transfer_bytes"] = project.Usage.DataTransferBytes,
            ["created_at"] = Time(project.CreatedAt),
            ["updated_at"] = Time(project.CreatedAt),
            ["init_source"] = "parent-data",
        };
        if (!isReady)
        {
            body["pending_state"] = "ready";
        }

        return body;
    }

    public static JsonObject Endpoint(SimulatedProject project, DateTimeOffset now, TimeSpan? suspendTimeout)
    {
        SimulatedCompute compute = project.Compute;
        string? pending = project.Operations.PendingState(now);
        bool isNew = project.Operations.All.FirstOrDefault(operation => operation.Action == "start_compute")?.Ends > now;
        JsonObject body = new()
        {
            ["host"] = ComputeGateway.DirectHost,
            ["id"] = project.EndpointId,
            ["project_id"] = project.Id,
            ["branch_id"] = project.BranchId,
            ["autoscaling_limit_min_cu"] = compute.Sizes.Min,
            ["autoscaling_limit_max_cu"] = compute.Sizes.Max,
            ["region_id"] = project.RegionId,
            ["type"] = "read_write",
            ["current_state"] = isNew ? "init" : compute.Sleeps(now, suspendTimeout) ? "idle" : "active",
            ["settings"] = new JsonObject(),
            ["pooler_enabled"] = false,
            ["pooler_mode"] = "transaction",
            ["disabled"] = compute.IsDisabled,
            ["passwordless_access"] = true,
            ["creation_source"] = "console",
            ["created_at"] = Time(project.CreatedAt),
            ["updated_at"] = Time(project.CreatedAt),
            ["proxy_host"] = ProxyHost,
            ["suspend_timeout_seconds"] = compute.Sizes.SuspendTimeoutSeconds,
            ["provisioner"] = Provisioner,
        };
        if (pending is not null)
        {
            body["pending_state"] = pending;
        }

        return body;
    }

    public static JsonObject Operation(SimulatedProject project, SimulatedOperation operation, DateTimeOffset now)
    {
        string status = operation.Status(now);
        JsonObject body = new()
        {
            ["id"] = operation.Id.ToString(),
            ["project_id"] = project.Id,
            ["branch_id"] = project.BranchId,
            ["action"] = operation.Action,
            ["status"] = status,
            ["failures_count"] = status == "failed" ? 3 : 0,
            ["created_at"] = Time(operation.CreatedAt),
            ["updated_at"] = Time(now < operation.Ends ? operation.CreatedAt : operation.Ends),
            ["total_duration_ms"] = now < operation.Ends ? 0 : (int)(operation.Ends - operation.Starts).TotalMilliseconds,
        };
        if (operation.Action != "create_timeline")
        {
            body["endpoint_id"] = project.EndpointId;
        }

        if (status == "failed")
        {
            body["error"] = operation.Error;
        }

        return body;
    }

    public static JsonArray Operations(SimulatedProject project, IEnumerable<SimulatedOperation> operations, DateTimeOffset now) =>
        [.. operations.Select(operation => Operation(project, operation, now))];

    public static JsonObject Role(SimulatedProject project, string name, string? password)
    {
        JsonObject body = new()
        {
            ["branch_id"] = project.BranchId,
            ["name"] = name,
            ["protected"] = false,
            ["created_at"] = Time(project.CreatedAt),
            ["updated_at"] = Time(project.CreatedAt),
        };
        if (password is not null)
        {
            body["password"] = password;
        }

        return body;
    }

    public static JsonObject Database(SimulatedProject project, string name) => new()
    {
        ["id"] = Math.Abs(StringComparer.Ordinal.GetHashCode(project.Id + name)) + 1L,
        ["branch_id"] = project.BranchId,
        ["name"] = name,
        ["owner_name"] = project.Databases[name],
        ["created_at"] = Time(project.CreatedAt),
        ["updated_at"] = Time(project.CreatedAt),
    };

    public static string Time(DateTimeOffset moment) => moment.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture);

    private static JsonObject Common(SimulatedProject project, string orgId)
    {
        JsonObject body = new()
        {
            ["id"] = project.Id,
            ["platform_id"] = "aws",
            ["region_id"] = project.RegionId,
            ["name"] = project.Name,
            ["provisioner"] = Provisioner,
            ["default_endpoint_settings"] = new JsonObject
            {
                ["autoscaling_limit_min_cu"] = project.Defaults.Min,
                ["autoscaling_limit_max_cu"] = project.Defaults.Max,
                ["suspend_timeout_seconds"] = project.Defaults.SuspendTimeoutSeconds,
            },
            ["settings"] = new JsonObject
            {
                ["quota"] = new JsonObject(project.Quota.Select(quota => KeyValuePair.Create(quota.Key, (JsonNode?)quota.Value))),
                ["enable_logical_replication"] = false,
            },
            ["pg_version"] = project.PgVersion,
            ["proxy_host"] = ProxyHost,
            ["branch_logical_size_limit"] = 16_777_216,
            ["branch_logical_size_limit_bytes"] = 17_592_186_044_416,
            ["store_passwords"] = project.StoresPasswords,
            ["cpu_used_sec"] = 0,
            ["creation_source"] = "console",
            ["created_at"] = Time(project.CreatedAt),
            ["updated_at"] = Time(project.CreatedAt),
            ["owner_id"] = orgId,
            ["org_id"] = orgId,
        };
        if (project.Usage.SyntheticStorageSize is { } size)
        {
            body["synthetic_storage_size"] = size;
        }

        return body;
    }
}
