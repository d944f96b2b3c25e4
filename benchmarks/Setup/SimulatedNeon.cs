using System.Globalization;
using Freehold.Neon.Simulator;

namespace Freehold.Bench.Setup;

/// <summary>Settings with which a host has the simulator for Neon.</summary>
internal static class SimulatedNeon
{
    /// <summary>These settings, and those.</summary>
    public static Dictionary<string, string?> With(this IEnumerable<KeyValuePair<string, string?>> settings, NeonSimulator neon, int? port = null) => new(settings)
    {
        ["Provisioning:Provider"] = "neon",
        ["Provisioning:Neon:ApiAddress"] = neon.Address.AbsoluteUri,
        ["Provisioning:Neon:ApiKey"] = neon.ApiKey,
        ["Provisioning:Neon:OrgId"] = neon.OrgId,
        ["Provisioning:Neon:RegionId"] = "aws-eu-central-1",
        ["Provisioning:Neon:Port"] = (port ?? 5432).ToString(CultureInfo.InvariantCulture),
        ["Provisioning:Neon:SslMode"] = "Disable",
    };
}
