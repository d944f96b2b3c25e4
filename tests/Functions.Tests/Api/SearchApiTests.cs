using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using Freehold.Functions.Http;
using Freehold.Retrieval;

namespace Freehold.Functions.Tests.Api;

[Collection(HostTests.Name)]
public sealed class SearchApiTests(HostFixture host)
{
    [HostFact]
    public async Task Search_tells_where_its_time_went()
    {
        (string tenant, string key) = await host.ProvisionAsync();
        using HttpRequestMessage request = new(HttpMethod.Post, $"tenants/{tenant}/search") { Content = new StringContent("""{"query":"ferry"}""", Encoding.UTF8) };
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", key);
        using HttpResponseMessage response = await host.Http.SendAsync(request);

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Matches(@"^key;dur=\d+\.\d\d, embed;dur=\d+\.\d\d, db;dur=\d+\.\d\d, json;dur=\d+\.\d\d$", response.Headers.GetValues("Server-Timing").Single());
    }

    [Fact]
    public void Answer_says_whether_it_was_reranked_only_where_that_was_wanted()
    {
        static string Json(Reranking? reranking) =>
            JsonSerializer.Serialize(SearchAnswer.Of(new FoundPassages([], null, reranking, default), 1.234), ApiJson.Readable.SearchAnswer);
        Assert.Equal("""{"results":[],"took":1.23}""", Json(null));
        Assert.Equal("""{"results":[],"took":1.23,"reranked":true}""", Json(new Reranking(Done: true)));
        Assert.Equal("""{"results":[],"took":1.23,"reranked":false,"rerankFailure":"busy"}""", Json(new Reranking(Done: false, "busy")));
    }

    [HostTheory]
    [InlineData("invalid-filter", """{"query":"x","filter":{"a":{"near":1}}}""")]
    [InlineData("invalid-selection", """{"query":"x","maxPerDocument":0}""")]
    [InlineData("invalid-cursor", """{"query":"x","after":"!"}""")]
    public async Task What_cannot_be_searched_for_is_refused(string problem, string body)
    {
        (string tenant, string key) = await host.ProvisionAsync();
        (HttpStatusCode status, JsonElement answer) = await host.SendAsync(HttpMethod.Post, $"tenants/{tenant}/search", key, body);
        Assert.Equal(HttpStatusCode.BadRequest, status);
        Assert.EndsWith("/" + problem, answer.GetProperty("type").GetString(), StringComparison.Ordinal);
    }
}
