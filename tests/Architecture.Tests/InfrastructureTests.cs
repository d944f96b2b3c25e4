using System.Diagnostics;
using System.Text.Json;
using Freehold.Messaging;
using Freehold.Storage;

namespace Freehold.Architecture.Tests;

/// <summary>The Bicep files compile and lint without a word, and name what the code names.</summary>
public sealed class InfrastructureTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("freehold-bicep-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [InlineData("lint", "main.bicep")]
    [InlineData("lint", "main.bicepparam")]
    [InlineData("build", "main.bicep")]
    [InlineData("build-params", "main.bicepparam")]
    public void Compiler_has_nothing_to_say(string command, string file) => Compile(command, file);

    [Fact]
    public void Queues_and_container_are_those_of_the_code()
    {
        using JsonDocument template = JsonDocument.Parse(File.ReadAllText(Compile("build", "main.bicep")!));
        JsonElement resources = template.RootElement.GetProperty("resources");
        JsonElement serviceBus = resources.GetProperty("serviceBus").GetProperty("properties").GetProperty("template").GetProperty("variables");

        Assert.Equal(
            Queues.All.Order(),
            serviceBus.GetProperty("queueNames").EnumerateArray().Select(name => name.GetString()!).Order());
        Assert.Equal(Queues.MaxDeliveryCount, serviceBus.GetProperty("maxDeliveryCount").GetInt32());
        Assert.Contains($"'{DocumentBlobs.Container}'", resources.GetProperty("storage").GetRawText(), StringComparison.Ordinal);
        Assert.Contains(
            $"/containers/{DocumentBlobs.Container}/", resources.GetProperty("events").GetRawText(), StringComparison.Ordinal);
    }

    [Fact]
    public void Settings_are_those_that_the_code_and_its_bindings_read()
    {
        string settings = File.ReadAllText(Path.Combine(Repository.Folder, "infra/bicep/modules/settings.bicep"));
        string[] required =
        [
            "Storage__blobServiceUri", "Storage__clientId", "ServiceBus__fullyQualifiedNamespace", "Catalog__ConnectionString",
            "Provisioning__Postgres__ConnectionString", "Tenants__AdminKeySha256", "Tenants__CredentialKeys__0__Id",
            "Tenants__CredentialKeys__0__Key", "Tenants__CertificateKeys__0__Id", "Tenants__CertificateKeys__0__Key",
            "Region", "Tenants__DefaultRegion", "WorkStore__ConnectionString", "Ai__DefaultModel", "Ai__Models__0__Id", "Ai__Models__0__Provider", "Ai__Models__0__Endpoint",
            "Ai__Models__0__Deployment", "Ai__Models__0__Dimensions",
        ];
        Assert.All(required, name => Assert.Contains($"    {name}:", settings, StringComparison.Ordinal));
        Assert.All(
            (string[])["Provisioning__Provider", "Provisioning__Neon__ApiKey", "Provisioning__Neon__RegionId", "Provisioning__Neon__OrgId"],
            name => Assert.Contains($"{name}:", settings, StringComparison.Ordinal));
        Assert.All(
            (string[])["Name", "Address", "Open"], name => Assert.Contains($"'Regions__${{i}}__{name}':", settings, StringComparison.Ordinal));
    }

    /// <summary>Runs the compiler and fails on any output, since some of its findings are warnings with exit code 0.</summary>
    /// <returns>The file it wrote, if the command writes one.</returns>
    private string? Compile(string command, string file)
    {
        string source = Path.Combine(Repository.Folder, "infra", "bicep", file);
        string? output = command == "lint" ? null : Path.Combine(_folder, "output.json");
        ProcessStartInfo start = new(Compiler(), output is null ? [command, source] : [command, source, "--outfile", output])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };

        // Secrets come from the environment when deploying; here they are empty, and none is to be read from this machine.
        foreach (string name in start.Environment.Keys.Where(name => name.StartsWith("FREEHOLD_", StringComparison.Ordinal)).ToArray())
        {
            start.Environment.Remove(name);
        }

        using Process process = Process.Start(start)!;
        Task<string> errors = process.StandardError.ReadToEndAsync();
        string said = process.StandardOutput.ReadToEnd() + errors.GetAwaiter().GetResult();
        process.WaitForExit();
        Assert.Equal(string.Empty, said.Trim());
        Assert.Equal(0, process.ExitCode);
        return output;
    }

    private string Compiler()
    {
        string packed = Directory.EnumerateFiles(Repository.BicepPackage, "bicep", SearchOption.AllDirectories).Single();

        // NuGet unpacks without run permission.
        string runnable = Path.Combine(_folder, "bicep");
        File.Copy(packed, runnable, overwrite: true);
        using Process allow = Process.Start("chmod", ["+x", runnable]);
        allow.WaitForExit();
        return runnable;
    }
}
