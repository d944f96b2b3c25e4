using System.Globalization;
using Freehold.Functions.Tests.Api;
using Xunit.Abstractions;

namespace Freehold.Functions.Tests.Chaos;

/// <summary>
/// A host that is killed at any moment, servers that are restarted, messages that come twice, late and in another order, while documents of
/// several formats are uploaded, edited and deleted. In the end each tenant's documents are its blobs, chunk for chunk. <c>FREEHOLD_CHAOS=full</c> makes
/// more of everything. <c>FREEHOLD_CHAOS_SEED</c> repeats what was done, though not to the millisecond; an even one has a remote model.
/// </summary>
public sealed class ChaosTests(ITestOutputHelper output)
{
    private static bool IsFull => Environment.GetEnvironmentVariable("FREEHOLD_CHAOS") == "full";

    [ChaosFact]
    public async Task Whatever_happens_documents_end_as_their_blobs()
    {
        int seed = int.TryParse(Environment.GetEnvironmentVariable("FREEHOLD_CHAOS_SEED"), CultureInfo.InvariantCulture, out int given)
            ? given
            : Random.Shared.Next();
        bool remote = seed % 2 == 0;
        output.WriteLine($"FREEHOLD_CHAOS_SEED={seed}, {(remote ? "a remote model" : "the embedded model")}");
        await using ChaosRun run = new(IsFull ? ChaosScale.Full : ChaosScale.Short, remote, seed, output.WriteLine);
        try
        {
            await run.StartAsync();
            await run.RunAsync();
        }
        catch
        {
            output.WriteLine($"The host's log is in {await run.KeepLogAsync()}");
            throw;
        }
    }
}

/// <summary>A test with servers of its own.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class ChaosFactAttribute : FactAttribute
{
    public ChaosFactAttribute() => Skip = OwnServers.Script is null && Environment.GetEnvironmentVariable("CI") != "true"
        ? "FREEHOLD_TEST_SERVERS names no script that starts servers; ./test sets it."
        : HostFixture.Missing;
}
