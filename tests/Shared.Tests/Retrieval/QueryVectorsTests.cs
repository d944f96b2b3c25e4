using Freehold.Ai;
using Freehold.Retrieval;
using Freehold.Tenants;
using Freehold.Tests.Ai;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace Freehold.Tests.Retrieval;

/// <summary>Which queries an embedding model is asked about again.</summary>
public sealed class QueryVectorsTests : IAsyncLifetime
{
    private EmbeddingServer _server = null!;
    private ServiceProvider? _services;

    public async Task InitializeAsync() => _server = await EmbeddingServer.StartAsync();

    public async Task DisposeAsync()
    {
        if (_services is not null)
        {
            await _services.DisposeAsync();
        }

        await _server.DisposeAsync();
    }

    [Fact]
    public async Task Query_is_embedded_once_for_each_tenant_and_never_shared_between_two()
    {
        using QueryVectors vectors = Vectors();
        (TenantPlacement one, TenantPlacement other) = (Tenant("first"), Tenant("first"));

        QueryVector made = await vectors.FindAsync(one, "a query", default);
        QueryVector known = await vectors.FindAsync(one, "a query", default);
        QueryVector others = await vectors.FindAsync(other, "a query", default);

        Assert.Same(made.Values, known.Values);
        Assert.NotSame(made.Values, others.Values);
        Assert.Equal((made.Model, made.Weight), (known.Model, known.Weight));
        Assert.Equal(2, _server.Requests.Count);
        await vectors.FindAsync(one, "another query", default);
        Assert.Equal(3, _server.Requests.Count);
    }

    [Fact]
    public async Task Another_model_is_asked_anew()
    {
        using QueryVectors vectors = Vectors();
        TenantPlacement tenant = Tenant("first");

        await vectors.FindAsync(tenant, "a query", default);
        QueryVector second = await vectors.FindAsync(tenant with { EmbeddingModel = "second" }, "a query", default);
        QueryVector first = await vectors.FindAsync(tenant, "a query", default);

        Assert.Equal(("second", "first"), (second.Model, first.Model));
        Assert.Equal(["first", "second"], _server.Requests.Select(request => request.Model));
    }

    [Fact]
    public async Task Query_is_forgotten_after_its_lifetime()
    {
        using QueryVectors vectors = Vectors(options => options.QueryCacheLifetime = TimeSpan.FromMilliseconds(50));
        TenantPlacement tenant = Tenant("first");

        await vectors.FindAsync(tenant, "a query", default);
        await Task.Delay(100);
        await vectors.FindAsync(tenant, "a query", default);

        Assert.Equal(2, _server.Requests.Count);
    }

    [Theory]
    [InlineData(0, 40)] // Nothing is remembered.
    [InlineData(3_000, 30)] // About ten of the twenty queries are, at most.
    [InlineData(1_000_000, 20)]
    public async Task No_more_is_remembered_than_there_is_memory_for(long bytes, int leastRequests)
    {
        using QueryVectors vectors = Vectors(options => options.QueryCacheBytes = bytes);
        TenantPlacement tenant = Tenant("first");
        for (int i = 0; i < 40; i++)
        {
            await vectors.FindAsync(tenant, $"query {i % 20}", default);
        }

        Assert.InRange(_server.Requests.Count, leastRequests, bytes == 1_000_000 ? leastRequests : 40);
    }

    [Fact]
    public async Task Failure_is_not_remembered()
    {
        _server.ThenStatus(400);
        using QueryVectors vectors = Vectors();
        TenantPlacement tenant = Tenant("first");

        await Assert.ThrowsAsync<ModelUnavailableException>(() => vectors.FindAsync(tenant, "a query", default).AsTask());
        Assert.NotEmpty((await vectors.FindAsync(tenant, "a query", default)).Values);
    }

    [Fact]
    public async Task What_the_embedded_model_makes_is_not_remembered()
    {
        using QueryVectors vectors = Vectors();
        TenantPlacement tenant = Tenant(LexicalEmbedder.ModelId);

        float[] made = (await vectors.FindAsync(tenant, "a query", default)).Values;
        float[] again = (await vectors.FindAsync(tenant, "a query", default)).Values;

        Assert.NotSame(made, again);
        Assert.Equal(made, again);
        Assert.Empty(_server.Requests);
    }

    private static TenantPlacement Tenant(string model) =>
        new(Guid.NewGuid(), TenantId.Parse("acme"), TenantState.Active, "enterprise", "postgres", null, null, null, null, null, null, null, model, "local");

    private QueryVectors Vectors(Action<RetrievalOptions>? change = null)
    {
        Dictionary<string, string?> settings = [];
        foreach ((int i, string model) in ((int, string)[])[(0, "first"), (1, "second")])
        {
            settings[$"Ai:Models:{i}:Id"] = model;
            settings[$"Ai:Models:{i}:Provider"] = "OpenAI";
            settings[$"Ai:Models:{i}:Endpoint"] = _server.Endpoint.AbsoluteUri;
            settings[$"Ai:Models:{i}:Dimensions"] = "4";
        }

        _services = new ServiceCollection().AddLogging().AddAi(new ConfigurationBuilder().AddInMemoryCollection(settings).Build()).BuildServiceProvider();
        RetrievalOptions options = new();
        change?.Invoke(options);
        return new QueryVectors(_services.GetRequiredService<EmbeddingModels>(), Options.Create(options));
    }
}
