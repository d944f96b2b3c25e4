using System.Diagnostics;
using Freehold.Functions.Tests.LocalHost.Fixtures;
using Freehold.LocalHost.Worker;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Xunit.Abstractions;

namespace Freehold.Functions.Tests.LocalHost;

[Collection(MeasuredTests.Name)]
public sealed class HttpCostTests(ITestOutputHelper output)
{
    private const int Calls = 20_000;

    [Fact]
    public async Task An_empty_function_costs_the_host_far_less_than_a_tenth_of_a_millisecond()
    {
        await using RunningHost host = await RunningHost.StartAsync([typeof(EmptyFunction)]);
        IReadOnlyList<Endpoint> endpoints = host.Services.GetRequiredService<EndpointDataSource>().Endpoints;
        Endpoint endpoint = endpoints.Single(endpoint => endpoint.DisplayName == "Empty");

        await CallAsync(host.Services, endpoint);
        TimeSpan each = await CallAsync(host.Services, endpoint);

        output.WriteLine($"An empty HTTP function: {each.TotalMicroseconds:0.00} µs");
        Assert.InRange(each, TimeSpan.Zero, TimeSpan.FromMilliseconds(0.05));
    }

    [Fact]
    public async Task An_empty_function_over_loopback_is_measured()
    {
        await using RunningHost host = await RunningHost.StartAsync([typeof(EmptyFunction)]);
        var path = new Uri("api/Empty/acme", UriKind.Relative);
        await FetchAsync(2_000);
        TimeSpan each = await FetchAsync(2_000);

        output.WriteLine($"An empty HTTP function over loopback, client included: {each.TotalMicroseconds:0} µs");

        async Task<TimeSpan> FetchAsync(int calls)
        {
            long started = Stopwatch.GetTimestamp();
            for (int call = 0; call < calls; call++)
            {
                await host.Http.GetStringAsync(path);
            }

            return Stopwatch.GetElapsedTime(started) / calls;
        }
    }

    /// <summary>The endpoint alone, without server and socket: what this host adds to ASP.NET Core.</summary>
    private static async Task<TimeSpan> CallAsync(IServiceProvider services, Endpoint endpoint)
    {
        long started = Stopwatch.GetTimestamp();
        for (int call = 0; call < Calls; call++)
        {
            await using AsyncServiceScope scope = services.CreateAsyncScope();
            var http = new DefaultHttpContext { RequestServices = scope.ServiceProvider };
            http.Request.RouteValues["tenant"] = "acme";
            await endpoint.RequestDelegate!(http);
        }

        return Stopwatch.GetElapsedTime(started) / Calls;
    }

    private sealed class EmptyFunction(Invocations invocations)
    {
        [Function("Empty")]
        public Task<IActionResult> RunAsync(
            [HttpTrigger(AuthorizationLevel.Anonymous, "get", Route = "Empty/{tenant}")] HttpRequest request,
            string tenant, FunctionContext context, CancellationToken cancellationToken) =>
            Task.FromResult<IActionResult>(invocations is null ? new TextResult(tenant) : new EmptyResult());
    }
}
