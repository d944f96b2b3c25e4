namespace Freehold.LocalHost.Worker;

/// <summary>Starts an application of functions, as in the Azure Functions worker.</summary>
public static class FunctionsApplication
{
    /// <summary>A builder for the functions that are compiled into this host.</summary>
    public static FunctionsApplicationBuilder CreateBuilder(string[] args) =>
        CreateBuilder(args, typeof(FunctionsApplication).Assembly.GetTypes());

    internal static FunctionsApplicationBuilder CreateBuilder(string[] args, IEnumerable<Type> types) => new(args, types);
}
