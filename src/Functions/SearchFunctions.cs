using System.Diagnostics;
using Freehold.Functions.Http;
using Freehold.Retrieval;
using Freehold.Tenants;
using Freehold.Usage;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Mvc;

namespace Freehold.Functions;

/// <summary>A tenant's searches.</summary>
public sealed class SearchFunctions(KeyCheck keys, QueryLimits limits, SearchChunks searchChunks)
{
    /// <summary><c>POST /tenants/{tenant}/search</c></summary>
    [Function("Search")]
    public Task<IActionResult> SearchAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "post", Route = "tenants/{tenant}/search")] HttpRequest request,
        string tenant,
        CancellationToken cancellationToken) =>
        Problems.GuardAsync(request, async () =>
        {
            long started = Stopwatch.GetTimestamp();
            TenantPlacement placement = await keys.RequireTenantAsync(request.Authorization(), tenant, Scopes.Search, cancellationToken);
            ServerTiming timing = new ServerTiming().AddSince("key", started);
            using QueryPlace place = await limits.EnterAsync(placement, cancellationToken);
            SearchRequest search = await request.JsonAsync(ApiJson.Readable.SearchRequest, cancellationToken);
            FoundPassages found = await searchChunks.RunAsync(placement, search, cancellationToken);
            timing.Add("embed", found.Times.Embedding).Add("db", found.Times.Database);
            if (found.Times.Reranking is { } reranking)
            {
                timing.Add("rerank", reranking);
            }

            SearchAnswer answer = SearchAnswer.Of(found, Stopwatch.GetElapsedTime(started).TotalMilliseconds);
            return new JsonAnswer<SearchAnswer>(StatusCodes.Status200OK, answer, ApiJson.Readable.SearchAnswer) { Timing = timing };
        });
}
