using Freehold.Ingestion;

namespace Freehold.Tests.Ingestion;

public sealed class IngestionOptionsTests
{
    [Fact]
    public void Defaults_are_valid_and_nonsense_is_refused()
    {
        var validator = new IngestionOptionsValidator();

        Assert.True(validator.Validate(null, new IngestionOptions()).Succeeded);
        Assert.True(validator.Validate(null, new IngestionOptions { MaxPages = 0 }).Failed);
        Assert.True(validator.Validate(null, new IngestionOptions { ChunkTarget = 2_000, ChunkMaximum = 1_000 }).Failed);
        Assert.True(validator.Validate(null, new IngestionOptions { Lease = TimeSpan.FromMinutes(1) }).Failed);
    }
}
