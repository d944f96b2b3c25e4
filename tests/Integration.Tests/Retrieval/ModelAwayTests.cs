using Freehold.Ai;
using Freehold.Integration.Tests.Fixtures;
using Freehold.Retrieval;
using Freehold.Tenants;
using Microsoft.Extensions.DependencyInjection;

namespace Freehold.Integration.Tests.Retrieval;

/// <summary>Searching while the embedding model is away.</summary>
public sealed class ModelAwayTests(FreeholdFixture freehold) : IClassFixture<FreeholdFixture>
{
    [ServerFact]
    public async Task Search_by_words_goes_on_and_the_others_say_what_to_do()
    {
        TenantPlacement tenant = (await freehold.ProvisionAsync()) with { EmbeddingModel = "away" };
        await using ServiceProvider host = freehold.Build(new()
        {
            ["Ai:DefaultModel"] = "away",
            ["Ai:Models:0:Id"] = "away",
            ["Ai:Models:0:Provider"] = "OpenAI",
            ["Ai:Models:0:Endpoint"] = "http://127.0.0.1:9/v1",
            ["Ai:Models:0:Dimensions"] = "384",
            ["Ai:Models:0:FirstPause"] = "00:00:00.01",
        });
        SearchChunks search = host.GetRequiredService<SearchChunks>();

        Assert.Empty((await search.RunAsync(tenant, new SearchRequest("bicycle", Mode: "lexical"), default)).Passages);
        foreach (string mode in (string[])["hybrid", "dense"])
        {
            ModelUnavailableException exception = await Assert.ThrowsAsync<ModelUnavailableException>(
                () => search.RunAsync(tenant, new SearchRequest("bicycle", Mode: mode), default));
            Assert.Equal("model-unavailable", exception.Problem);
            Assert.IsType<ModelException>(exception.InnerException);
        }
    }
}
