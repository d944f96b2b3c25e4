using Freehold.Storage;
using Freehold.Tenants;

namespace Freehold.Tests.Storage;

public sealed class DocumentPathTests
{
    public static TheoryData<string> Refused => ["", "/a", "a/", ".", "..", "a/../b", "./a", "a/.", "a\0b", "a\nb", "a\u0085b", new('a', 901), new('ä', 451)];

    public static TheoryData<string> Taken => ["a", "a/b.txt", "A b/ç 日本.md", "...", "a/..b", "a%2e.txt", "a//b", new('a', 900), new('ä', 450)];

    [Theory]
    [MemberData(nameof(Taken))]
    public void Path_is_taken_as_it_is(string text) => Assert.Equal(text, DocumentPath.Parse(text).Value);

    [Theory]
    [MemberData(nameof(Refused))]
    public void Path_that_could_leave_its_place_or_cannot_be_stored_is_refused(string text)
    {
        Assert.Throws<InvalidInputException>(() => DocumentPath.Parse(text));
        Assert.False(DocumentPath.TryParse(text, out _));
    }

    // Not among the data above: a test runner replaces half a surrogate pair.
    [Fact]
    public void Path_that_is_not_Unicode_is_refused() => Assert.False(DocumentPath.TryParse("\ud800", out _));

    [Theory]
    [InlineData("acme/a.txt", "acme", "a.txt")]
    [InlineData("acme/deep/a.txt", "acme", "deep/a.txt")]
    public void Blob_belongs_to_the_tenant_that_its_name_begins_with(string name, string tenant, string path) =>
        Assert.Equal((TenantId.Parse(tenant), DocumentPath.Parse(path)), DocumentBlobs.Parse(name));

    [Theory]
    [InlineData("a.txt")]
    [InlineData("/a.txt")]
    [InlineData("Acme/a.txt")]
    [InlineData("acme/")]
    [InlineData("acme/../globex/a.txt")]
    public void Blob_of_another_name_is_nobodys(string name) => Assert.Null(DocumentBlobs.Parse(name));
}
