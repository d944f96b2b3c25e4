using Freehold.Tenants;

namespace Freehold.Tests.Tenants;

public sealed class KeyTextTests
{
    [Fact]
    public void Key_has_the_documented_form_and_is_new_each_time()
    {
        string key = KeyText.Generate();
        Assert.Matches("^fh_[a-z0-9]{8}_[A-Za-z0-9_-]{43}$", key);
        Assert.Equal(key.Substring(3, 8), KeyText.Prefix(key));
        Assert.NotEqual(key, KeyText.Generate());
    }

    [Theory]
    [InlineData("")]
    [InlineData("fh_")]
    [InlineData("fh_abcdefgh_short")]
    [InlineData("xx_abcdefgh_0123456789012345678901234567890123456789012")]
    [InlineData("fh_abcdefghi0123456789012345678901234567890123456789012")]
    public void Text_of_another_form_has_no_prefix(string text) => Assert.Null(KeyText.Prefix(text));
}
