using System.Net;
using Freehold.Functions.Tests.LocalHost.Fixtures;
using Microsoft.Extensions.Logging;

namespace Freehold.Functions.Tests.LocalHost;

public sealed class HttpTriggerTests : IAsyncLifetime
{
    private RunningHost _host = null!;

    public async Task InitializeAsync() => _host = await RunningHost.StartAsync([typeof(HttpTestFunctions)]);

    public async Task DisposeAsync() => await _host.DisposeAsync();

    [Theory]
    [InlineData("tenants/acme/documents/a/b%20c.md", "GET acme a/b c.md")]
    [InlineData("numbers/7", "/api/numbers/7 7")]
    [InlineData("words/some", "GET some")]
    [InlineData("Unrouted", "True True")]
    [InlineData("Written", "by hand")]
    public async Task A_route_below_api_leads_to_its_function(string path, string answer) =>
        Assert.Equal(answer, await _host.Http.GetStringAsync(new Uri("api/" + path, UriKind.Relative)));

    [Theory]
    [InlineData("GET", "unrouted-elsewhere", HttpStatusCode.NotFound)]
    [InlineData("GET", "numbers/seven", HttpStatusCode.NotFound)]
    [InlineData("GET", "words/7", HttpStatusCode.NotFound)]
    [InlineData("POST", "tenants/acme/documents/a", HttpStatusCode.MethodNotAllowed)]
    [InlineData("DELETE", "words/some", HttpStatusCode.OK)]
    public async Task Methods_and_constraints_of_the_trigger_hold(string method, string path, HttpStatusCode status)
    {
        HttpResponseMessage response = await SendAsync(new HttpMethod(method), path);

        Assert.Equal(status, response.StatusCode);
        Assert.False(response.Headers.Contains("Server"));
    }

    [Fact]
    public async Task A_function_may_raise_the_limit_of_its_request_body()
    {
        using var content = new ByteArrayContent(new byte[40_000_000]);

        HttpResponseMessage response = await _host.Http.PutAsync(new Uri("api/tenants/acme/documents/a.pdf", UriKind.Relative), content);

        Assert.Equal("40000000", await response.Content.ReadAsStringAsync());
    }

    [Fact]
    public async Task An_exception_is_logged_once_and_answered_without_details()
    {
        HttpResponseMessage response = await SendAsync(HttpMethod.Get, "Throws");

        Assert.Equal(HttpStatusCode.InternalServerError, response.StatusCode);
        Assert.Equal("application/problem+json", response.Content.Headers.ContentType!.MediaType);
        Assert.DoesNotContain("secret", await response.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        (_, _, string logged) = Assert.Single(_host.Log.Lines, line => line.Level >= LogLevel.Warning);
        Assert.Contains("secret of /api/Throws", logged, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_answer_that_fails_halfway_is_cut_off()
    {
        await Assert.ThrowsAnyAsync<HttpRequestException>(() => _host.Http.GetStringAsync(new Uri("api/ThrowsHalfway", UriKind.Relative)));
    }

    [Fact]
    public async Task A_caller_that_goes_away_cancels_its_invocation()
    {
        using var caller = new CancellationTokenSource();
        Task call = _host.Http.GetAsync(new Uri("api/Waits", UriKind.Relative), caller.Token);
        await _host.Invocations.UntilAsync(seen => seen.Contains("GET"));

        await caller.CancelAsync();

        await _host.Invocations.UntilAsync(seen => seen.Contains("cancelled"));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => call);
        Assert.DoesNotContain(_host.Log.Lines, line => line.Id == 9001);
    }

    [Fact]
    public async Task A_stop_lets_a_request_run_for_a_while_and_then_cancels_it()
    {
        await using RunningHost host = await RunningHost.StartAsync(
            [typeof(HttpTestFunctions)], options: options => options.StopGrace = TimeSpan.FromSeconds(1));
        Task<HttpResponseMessage> call = host.Http.GetAsync(new Uri("api/Waits", UriKind.Relative));
        await host.Invocations.UntilAsync(seen => seen.Contains("GET"));

        await host.StopAsync();

        Assert.Equal(HttpStatusCode.ServiceUnavailable, (await call).StatusCode);
        Assert.Equal(["GET", "cancelled"], host.Invocations.Seen);
    }

    private async Task<HttpResponseMessage> SendAsync(HttpMethod method, string path)
    {
        using var request = new HttpRequestMessage(method, new Uri("api/" + path, UriKind.Relative));
        return await _host.Http.SendAsync(request);
    }
}
