namespace Freehold.Functions.Tests.LocalHost.Fixtures;

/// <summary>As <see cref="AzuriteFactAttribute"/>, for many cases.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class AzuriteTheoryAttribute : TheoryAttribute
{
    public AzuriteTheoryAttribute() => Skip = AzuriteServer.WhySkip;
}
