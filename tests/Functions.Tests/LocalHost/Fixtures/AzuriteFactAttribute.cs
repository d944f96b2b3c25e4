namespace Freehold.Functions.Tests.LocalHost.Fixtures;

/// <summary>A test that needs Azurite: skipped where there is none, but never in CI.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class AzuriteFactAttribute : FactAttribute
{
    public AzuriteFactAttribute() => Skip = AzuriteServer.WhySkip;
}
