using Freehold.Tenants;
using NetArchTest.Rules;

namespace Freehold.Architecture.Tests;

/// <summary>Functions → features → ground → drivers, and no arrow back.</summary>
public sealed class ArrowTests
{
    private static readonly Dictionary<string, string[]> Allowed = new()
    {
        // Ground.
        ["Sql"] = [],
        ["Messaging"] = [],
        ["Ai"] = [],
        ["Neon"] = [],
        ["Tenants"] = ["Sql"],
        ["Storage"] = ["Tenants"],
        ["Usage"] = ["Tenants", "Sql"],
        ["Postgres"] = ["Tenants", "Usage", "Sql"],

        // Features. The arrows between them: a new database has to be migrated, an answer rests on a search, and one of the operations
        // evaluates searches.
        ["Migration"] = ["Tenants", "Postgres", "Sql"],
        ["Provisioning"] = ["Migration", "Retrieval", "Tenants", "Usage", "Postgres", "Neon", "Storage", "Messaging", "Ai", "Sql"],
        ["Ingestion"] = ["Tenants", "Usage", "Postgres", "Storage", "Messaging", "Ai", "Sql"],
        ["Retrieval"] = ["Tenants", "Usage", "Postgres", "Ai", "Sql"],
        ["Answers"] = ["Retrieval", "Tenants", "Usage", "Ai"],
    };

    public static TheoryData<string> Folders => [.. Allowed.Keys];

    [Theory]
    [MemberData(nameof(Folders))]
    public void Folder_depends_only_on_what_it_may(string folder)
    {
        string[] forbidden = [.. Allowed.Keys.Except([folder, .. Allowed[folder]]).Select(other => $"Freehold.{other}")];

        TestResult result = Types.InAssembly(typeof(TenantId).Assembly)
            .That().ResideInNamespace($"Freehold.{folder}")
            .ShouldNot().HaveDependencyOnAny([.. forbidden, "Freehold.Functions", "Freehold.LocalHost", "Microsoft.AspNetCore", "Microsoft.Azure"])
            .GetResult();

        Assert.True(result.IsSuccessful, $"{folder}: {string.Join(", ", result.FailingTypeNames ?? [])}");
    }

    [Fact]
    public void Providers_know_no_use_case_and_use_cases_know_no_provider()
    {
        TestResult upwards = Types.InAssembly(typeof(TenantId).Assembly)
            .That().ResideInNamespace("Freehold.Provisioning.Providers")
            .ShouldNot().HaveDependencyOnAny(
                "Freehold.Provisioning.Certificates",
                "Freehold.Provisioning.Evaluations",
                "Freehold.Provisioning.Fleet",
                "Freehold.Provisioning.ModelChange",
                "Freehold.Provisioning.Spares",
                "Freehold.Provisioning.VectorIndexes",
                "Freehold.Provisioning.Operation",
                "Freehold.Provisioning.RunOperation",
                "Freehold.Provisioning.TenantCredentials")
            .GetResult();
        Assert.True(upwards.IsSuccessful, string.Join(", ", upwards.FailingTypeNames ?? []));

        TestResult past = Types.InAssembly(typeof(TenantId).Assembly)
            .That().ResideInNamespace("Freehold").And().DoNotResideInNamespace("Freehold.Provisioning.Providers")
            .ShouldNot().HaveDependencyOnAny("Freehold.Provisioning.Providers.Postgres", "Freehold.Provisioning.Providers.Neon")
            .GetResult();
        Assert.True(past.IsSuccessful, string.Join(", ", past.FailingTypeNames ?? []));
    }

    [Fact]
    public void Every_folder_of_the_domain_is_on_the_map()
    {
        string[] folders = [.. typeof(TenantId).Assembly.GetTypes()
            .Where(type => type.Namespace?.StartsWith("Freehold.", StringComparison.Ordinal) == true)
            .Select(type => type.Namespace!.Split('.')[1])
            .Distinct()];
        Assert.Equal(Allowed.Keys.Order(), folders.Order());

        string readme = File.ReadAllText(Path.Combine(Repository.Folder, "README.md"));
        Assert.All(folders, folder => Assert.Contains($"{folder}/", readme, StringComparison.Ordinal));
    }

    [Fact]
    public void Functions_open_no_database_and_no_queue_of_their_own()
    {
        TestResult result = Types.InAssembly(typeof(Freehold.LocalHost.Worker.FunctionsApplication).Assembly)
            .That().ResideInNamespace("Freehold.Functions").And().DoNotHaveName("Problems")
            .ShouldNot().HaveDependencyOnAny("Npgsql", "Azure.Storage.Queues", "Freehold.Postgres", "Freehold.Sql")
            .GetResult();
        Assert.True(result.IsSuccessful, string.Join(", ", result.FailingTypeNames ?? []));
    }
}
