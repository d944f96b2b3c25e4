using Freehold.Integration.Tests.Fixtures;
using Freehold.Tenants;

namespace Freehold.Integration.Tests.Retrieval;

/// <summary>A word that a tenant's passages do not have is looked up as the one that was meant.</summary>
public sealed class MistypedWordsTests(FreeholdFixture freehold) : IClassFixture<FreeholdFixture>
{
    [ServerTheory]
    [InlineData("warrenty period", "warranty.txt")]
    [InlineData("waranty", "warranty.txt")]
    [InlineData("awrranty", "warranty.txt")]
    [InlineData("wwarranty", "warranty.txt")]
    [InlineData("reimbursment of traavel", "travel.txt")]
    [InlineData("\"travel costs\" reimbursmeent", "travel.txt")]
    public async Task Words_with_a_mistake_find_what_was_meant(string query, string expected)
    {
        TenantPlacement tenant = await TenantAsync();
        Assert.Equal(expected, (await freehold.SearchAsync(tenant, query, "lexical"))[0].Document);
        Assert.Equal(expected, (await freehold.SearchAsync(tenant, query))[0].Document);
    }

    [ServerTheory]
    [InlineData("garden")]
    [InlineData("pqz")]
    [InlineData("kx7301")]
    [InlineData("wxyz'); drop table chunks; --")]
    public async Task Words_that_are_like_no_other_find_nothing(string query)
    {
        TenantPlacement tenant = await TenantAsync();
        Assert.Empty(await freehold.SearchAsync(tenant, query, "lexical"));
    }

    [ServerFact]
    public async Task Words_that_a_tenant_has_stay_what_they_are()
    {
        TenantPlacement tenant = await TenantAsync();
        await freehold.IngestAsync(tenant, "typo.txt", "A warrenty, spelt like that.");
        Assert.Equal(["typo.txt"], (await freehold.SearchAsync(tenant, "warrenty", "lexical")).Select(passage => passage.Document));
    }

    [ServerFact]
    public async Task Words_of_other_tenants_are_none()
    {
        await TenantAsync();
        TenantPlacement other = await freehold.ProvisionAsync();
        await freehold.IngestAsync(other, "a.txt", "Nothing but figs.");
        Assert.Empty(await freehold.SearchAsync(other, "warrenty", "lexical"));
    }

    [ServerFact]
    public async Task The_likelier_of_two_words_is_the_one_that_more_passages_have()
    {
        TenantPlacement tenant = await freehold.ProvisionAsync();
        await freehold.IngestAsync(tenant, "a.txt", "A hammer.");
        await freehold.IngestAsync(tenant, "b.txt", "A hamper.");
        await freehold.IngestAsync(tenant, "c.txt", "Another hamper.");
        Assert.Equal(["b.txt", "c.txt"], (await freehold.SearchAsync(tenant, "hamxer", "lexical")).Select(passage => passage.Document).Order());
    }

    private async Task<TenantPlacement> TenantAsync()
    {
        TenantPlacement tenant = await freehold.ProvisionAsync();
        await freehold.IngestAsync(tenant, "warranty.txt", "The warranty lasts for a period of two years. Kx7300 is a part number.");
        await freehold.IngestAsync(tenant, "travel.txt", "Travel costs: reimbursement within thirty days.");
        return tenant;
    }
}
