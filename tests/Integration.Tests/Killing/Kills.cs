using System.Diagnostics;
using System.Globalization;
using System.Text.Json;

namespace Freehold.Integration.Tests.Killing;

/// <summary>Processes that are killed, and one that starts again after them.</summary>
/// <param name="settingsOf">All settings of a host, with these among them.</param>
internal sealed class Kills(Func<Dictionary<string, string?>, Dictionary<string, string?>> settingsOf)
{
    public const int AtATime = 3;

    // Every fifth of the points takes a fifth of the time; they begin at another one each time, so that all of them have their turn.
    private const int UsualStep = 5;

    private static readonly bool IsFull = Environment.GetEnvironmentVariable("FREEHOLD_KILLS") == "full";

    private const int Killed = 128 + 9;

    /// <summary>How many are killed at least, of so many when each point is one of them.</summary>
    public static int AtLeast(int kills) => IsFull ? kills : kills / UsualStep;

    /// <summary>
    /// Kills at every fifth thing that the process does, or at every n-th, until a process lives to its end; then a host starts again and finishes what is left.
    /// <c>FREEHOLD_KILLS=full</c> kills at each.
    /// </summary>
    /// <returns>How many were killed.</returns>
    public async Task<int> EverywhereAsync(
        string action, Func<Task<string>> prepare, int atATime = AtATime, Func<Dictionary<string, string?>>? settings = null, int every = UsualStep)
    {
        int step = IsFull ? 1 : every;
        int next = -Random.Shared.Next(step);
        int kills = 0;
        bool survived = false;
        await Task.WhenAll(Enumerable.Range(0, atATime).Select(async _ =>
        {
            while (!Volatile.Read(ref survived))
            {
                int killAt = Interlocked.Add(ref next, step);
                if (await StartAsync(action, await prepare(), killAt, settings?.Invoke() ?? []) == 0)
                {
                    Volatile.Write(ref survived, true);
                }
                else
                {
                    Interlocked.Increment(ref kills);
                }
            }
        }));

        Assert.Equal(0, await StartAsync("restart", "-", 0, settings?.Invoke() ?? []));
        return kills;
    }

    private async Task<int> StartAsync(string action, string argument, int killAt, Dictionary<string, string?> settings)
    {
        Dictionary<string, string?> all = settingsOf(new(settings)
        {
            ["Provisioning:Lease"] = "00:00:01",
            ["Provisioning:FirstBackoff"] = "00:00:00.05",
            ["Provisioning:CredentialOverlap"] = "00:00:00.1",
        });
        ProcessStartInfo start = new(Environment.ProcessPath!.EndsWith("dotnet", StringComparison.Ordinal) ? Environment.ProcessPath : "dotnet")
        {
            ArgumentList = { typeof(KilledHost).Assembly.Location, action, argument, killAt.ToString(CultureInfo.InvariantCulture) },
            RedirectStandardError = true,
        };
        start.Environment[KilledHost.SettingsVariable] = JsonSerializer.Serialize(all);
        start.Environment["DOTNET_TieredPGO"] = "0";
        using Process process = Process.Start(start)!;
        string errors = await process.StandardError.ReadToEndAsync();
        await process.WaitForExitAsync();
        Assert.True(process.ExitCode is 0 or Killed, $"{action} {killAt} ended with {process.ExitCode}: {errors}");
        return process.ExitCode;
    }
}
