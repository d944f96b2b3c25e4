using System.Reflection;
using Freehold.LocalHost.Worker;

namespace Freehold.Functions.Tests.LocalHost;

/// <summary>
/// Functions are compiled against these declarations here and against the Azure Functions worker for deployment. What is listed is
/// what the worker has, too; anything beyond it would let code compile here that does not compile there.
/// </summary>
public sealed class WorkerSurfaceTests
{
    private const string Surface = """
        AuthorizationLevel.Admin = 4
        AuthorizationLevel.Anonymous = 0
        AuthorizationLevel.Function = 2
        BlobTriggerAttribute(String blobPath)
        BlobTriggerAttribute.Connection: String { get; set; }
        BlobTriggerAttribute.Source: BlobTriggerSource { get; set; }
        BlobTriggerSource.EventGrid = 1
        BlobTriggerSource.LogsAndContainerScan = 0
        FunctionAttribute(String name)
        FunctionContext()
        FunctionContext.CancellationToken: CancellationToken { get; }
        FunctionContext.InstanceServices: IServiceProvider { get; set; }
        FunctionContext.InvocationId: String { get; }
        FunctionsApplication.CreateBuilder(String[] args): FunctionsApplicationBuilder
        FunctionsApplicationBuilder.Build(): IHost
        FunctionsApplicationBuilder.Configuration: ConfigurationManager { get; }
        FunctionsApplicationBuilder.Services: IServiceCollection { get; }
        FunctionsApplicationBuilderAspNetCoreExtensions.ConfigureFunctionsWebApplication(FunctionsApplicationBuilder builder): FunctionsApplicationBuilder
        HttpResultAttribute()
        HttpTriggerAttribute(AuthorizationLevel authLevel, params String[] methods)
        HttpTriggerAttribute.Route: String { get; set; }
        ServiceBusEntityType.Queue = 0
        ServiceBusEntityType.Topic = 1
        ServiceBusOutputAttribute(String queueOrTopicName, ServiceBusEntityType entityType = Queue)
        ServiceBusOutputAttribute.Connection: String { get; set; }
        ServiceBusTriggerAttribute(String queueName)
        ServiceBusTriggerAttribute.AutoCompleteMessages: Boolean { get; set; }
        ServiceBusTriggerAttribute.Connection: String { get; set; }
        ServiceBusTriggerAttribute.IsBatched: Boolean { get; set; }
        TimerInfo()
        TimerInfo.IsPastDue: Boolean { get; set; }
        TimerTriggerAttribute(String schedule)
        TimerTriggerAttribute.RunOnStartup: Boolean { get; set; }
        TimerTriggerAttribute.UseMonitor: Boolean { get; set; }
        """;

    private const BindingFlags Declared =
        BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Instance | BindingFlags.Static | BindingFlags.DeclaredOnly;

    /// <summary>All that the host itself makes public; the functions in the same assembly have a namespace of their own.</summary>
    private static IEnumerable<Type> Declarations => typeof(FunctionsApplication).Assembly.GetExportedTypes()
        .Where(type => type.Namespace?.StartsWith("Freehold.LocalHost", StringComparison.Ordinal) == true);

    [Fact]
    public void Declarations_offer_what_the_worker_offers_and_nothing_else()
    {
        IEnumerable<string> members = Declarations.SelectMany(Describe).Order(StringComparer.Ordinal);

        Assert.Equal(Surface.Split('\n'), members);
    }

    [Fact]
    public void All_of_it_is_in_the_namespace_that_function_projects_import()
    {
        Assert.Equal("Freehold.LocalHost.Worker", Assert.Single(Declarations.Select(type => type.Namespace).Distinct()));
    }

    private static IEnumerable<string> Describe(Type type)
    {
        if (type.IsEnum)
        {
            return Enum.GetValues(type).Cast<Enum>().Select(value => $"{type.Name}.{value} = {value:D}");
        }

        IEnumerable<string> constructors = type.GetConstructors(Declared).Where(Reachable)
            .Select(constructor => type.Name + Parameters(constructor));
        IEnumerable<string> methods = type.GetMethods(Declared).Where(method => Reachable(method) && !method.IsSpecialName)
            .Select(method => $"{type.Name}.{method.Name}{Parameters(method)}: {method.ReturnType.Name}");
        IEnumerable<string> properties =
            from property in type.GetProperties(Declared)
            where Reachable(property.GetMethod!)
            let setter = property.SetMethod is { } set && Reachable(set) ? " set;" : ""
            select $"{type.Name}.{property.Name}: {property.PropertyType.Name} {{ get;{setter} }}";
        IEnumerable<string> fields = type.GetFields(Declared).Where(field => field.IsPublic || field.IsFamily)
            .Select(field => $"{type.Name}.{field.Name}");
        return [.. constructors, .. methods, .. properties, .. fields];
    }

    private static bool Reachable(MethodBase method) => method.IsPublic || method.IsFamily || method.IsFamilyOrAssembly;

    private static string Parameters(MethodBase method) => $"({string.Join(", ", method.GetParameters().Select(Describe))})";

    private static string Describe(ParameterInfo parameter)
    {
        string many = parameter.IsDefined(typeof(ParamArrayAttribute)) ? "params " : "";
        string fallback = parameter.HasDefaultValue ? $" = {Enum.ToObject(parameter.ParameterType, parameter.DefaultValue!)}" : "";
        return $"{many}{parameter.ParameterType.Name} {parameter.Name}{fallback}";
    }
}
