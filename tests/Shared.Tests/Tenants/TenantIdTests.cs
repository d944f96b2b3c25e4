using Freehold.Tenants;

namespace Freehold.Tests.Tenants;

public sealed class TenantIdTests
{
    [Theory]
    [InlineData("abc")]
    [InlineData("a-1")]
    [InlineData("a23456789012345678901234567890123456789z")]
    public void Slug_is_taken_as_it_is(string text) => Assert.Equal(text, TenantId.Parse(text).Value);

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("ab")]
    [InlineData("abc\n")]
    [InlineData("Abc")]
    [InlineData("1abc")]
    [InlineData("-abc")]
    [InlineData("abc-")]
    [InlineData("a_c")]
    [InlineData("äbc")]
    [InlineData("a23456789012345678901234567890123456789zz")]
    public void Anything_else_is_refused_with_the_rule(string? text)
    {
        InvalidInputException refusal = Assert.Throws<InvalidInputException>(() => TenantId.Parse(text));
        Assert.Contains("3 to 40 characters", refusal.Message, StringComparison.Ordinal);
    }
}
