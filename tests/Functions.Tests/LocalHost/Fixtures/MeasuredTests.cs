namespace Freehold.Functions.Tests.LocalHost.Fixtures;

/// <summary>Tests that measure time or CPU: they run alone.</summary>
[CollectionDefinition(Name, DisableParallelization = true)]
public sealed class MeasuredTests
{
    public const string Name = "Measured";
}
