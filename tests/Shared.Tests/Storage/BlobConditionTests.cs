using Freehold.Storage;

namespace Freehold.Tests.Storage;

public sealed class BlobConditionTests
{
    private static readonly BlobVersion Version = new("0x1", 1, default);

    [Fact]
    public void Condition_holds_for_what_it_names_alone()
    {
        BlobCondition.Absent.Require(null);
        BlobCondition.Present.Require(Version);
        BlobCondition.Version("0x1").Require(Version);

        Assert.Throws<PreconditionFailedException>(() => BlobCondition.Absent.Require(Version));
        Assert.Throws<PreconditionFailedException>(() => BlobCondition.Present.Require(null));
        Assert.Throws<PreconditionFailedException>(() => BlobCondition.Version("0x2").Require(Version));
        Assert.Throws<PreconditionFailedException>(() => BlobCondition.Version("0x1").Require(null));
    }
}
