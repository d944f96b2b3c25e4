namespace Freehold.LocalHost.Worker;

/// <summary>ASP.NET Core integration of the builder.</summary>
public static class FunctionsApplicationBuilderAspNetCoreExtensions
{
    /// <summary>Serves HTTP functions with the types of ASP.NET Core; without it HTTP functions are not reachable.</summary>
    public static FunctionsApplicationBuilder ConfigureFunctionsWebApplication(this FunctionsApplicationBuilder builder)
    {
        builder.ServesHttp = true;
        return builder;
    }
}
