using System.Net;
using System.Net.Http.Headers;
using System.Text.Json;

namespace Freehold.Functions.Tests.Api;

/// <summary>What people see of documents on their way: sums, events, failures, and trying again.</summary>
[Collection(HostTests.Name)]
public sealed class DocumentJobsTests(HostFixture host)
{
    [HostFact]
    public async Task Failed_document_is_seen_by_its_owner_and_by_the_operator_and_tried_again()
    {
        (string tenant, string key) = await host.ProvisionAsync();
        await host.Azurite.Container("documents").GetBlobClient($"{tenant}/empty.txt").UploadAsync(BinaryData.FromString(string.Empty));
        await host.SettledAsync(tenant, key, "empty.txt");
        await host.SendAsync(HttpMethod.Put, $"tenants/{tenant}/documents/good.txt", key, "Good.");
        await host.SettledAsync(tenant, key, "good.txt");

        (_, JsonElement failed) = await host.SendAsync(HttpMethod.Get, $"tenants/{tenant}/documents?state=failed", key);
        Assert.Equal("empty.txt", failed.GetProperty("documents").EnumerateArray().Single().GetProperty("path").GetString());
        (_, failed) = await host.SendAsync(HttpMethod.Get, $"fleet/failed-documents?tenant={tenant}&step=extract", HostFixture.AdminKey);
        JsonElement document = failed.GetProperty("documents").EnumerateArray().Single();
        Assert.Equal(["tenant", "path", "step", "reason", "attempts", "failedAt"], document.EnumerateObject().Select(member => member.Name));
        Assert.Equal(tenant, document.GetProperty("tenant").GetString());
        (_, JsonElement summary) = await host.SendAsync(HttpMethod.Get, $"tenants/{tenant}/documents?summary=true", key);
        Assert.Equal((2, 1, 1, 0.2), (
            summary.GetProperty("total").GetInt32(), summary.GetProperty("ready").GetInt32(), summary.GetProperty("failed").GetInt32(),
            summary.GetProperty("perMinute").GetDouble()));

        await RefusedAsync(HttpStatusCode.NotFound, "document-not-found", tenant, key, """{"path":"none.txt"}""");
        await RefusedAsync(HttpStatusCode.Conflict, "document-not-failed", tenant, key, """{"path":"good.txt"}""");
        await RefusedAsync(HttpStatusCode.BadRequest, "invalid-retry", tenant, key, "{}");
        await RefusedAsync(HttpStatusCode.BadRequest, "invalid-document-path", tenant, key, """{"path":"../x"}""");
        (HttpStatusCode status, JsonElement retried) = await RetryAsync(tenant, key, """{"path":"empty.txt"}""");
        Assert.Equal((HttpStatusCode.Accepted, 1), (status, retried.GetProperty("retried").GetInt32()));
        await host.SettledAsync(tenant, key, "empty.txt");

        (status, _) = await host.SendAsync(HttpMethod.Get, $"tenants/{tenant}/documents?state=lost", key);
        Assert.Equal(HttpStatusCode.BadRequest, status);
        (status, _) = await host.SendAsync(HttpMethod.Get, "fleet/failed-documents", key);
        Assert.Equal(HttpStatusCode.Forbidden, status);
        (_, string reader) = await ReaderAsync(tenant);
        (status, _) = await RetryAsync(tenant, reader, """{"all":true}""");
        Assert.Equal(HttpStatusCode.Forbidden, status);
    }

    [HostFact]
    public async Task Follower_is_told_of_its_own_documents_and_the_stream_ends_with_its_key()
    {
        (string tenant, string key) = await host.ProvisionAsync();
        (string other, string otherKey) = await host.ProvisionAsync();
        (string readerId, string reader) = await ReaderAsync(tenant);
        using CancellationTokenSource limit = new(TimeSpan.FromSeconds(40));
        using HttpResponseMessage response = await OpenAsync(tenant, reader, null);
        Assert.Equal("text/event-stream", response.Content.Headers.ContentType!.MediaType);
        using StreamReader lines = new(await response.Content.ReadAsStreamAsync());

        await host.SendAsync(HttpMethod.Put, $"tenants/{other}/documents/theirs.txt", otherKey, "Another's.");
        await host.SendAsync(HttpMethod.Put, $"tenants/{tenant}/documents/ours.txt", key, "Ours.");
        (string id, string name, JsonElement data) = await NextAsync(lines, "ready", limit.Token);
        Assert.Equal(("document", "ours.txt"), (name, data.GetProperty("path").GetString()));
        await host.SendAsync(HttpMethod.Delete, $"tenants/{tenant}/documents/ours.txt", key);
        (_, name, data) = await NextAsync(lines, "removed", limit.Token);
        Assert.Equal(("removed", "ours.txt"), (name, data.GetProperty("path").GetString()));

        using (HttpResponseMessage resumed = await OpenAsync(tenant, key, id))
        using (StreamReader again = new(await resumed.Content.ReadAsStreamAsync()))
        {
            Assert.Equal("ours.txt", (await NextAsync(again, "removed", limit.Token)).Data.GetProperty("path").GetString());
        }

        await host.SendAsync(HttpMethod.Delete, $"tenants/{tenant}/keys/{readerId}", HostFixture.AdminKey);
        while (await lines.ReadLineAsync(limit.Token) is not null)
        {
        }
    }

    [HostFact]
    public async Task Stream_is_refused_to_strangers_for_nonsense_and_beyond_the_limit()
    {
        (string tenant, _) = await host.ProvisionAsync();
        (_, string stranger) = await host.ProvisionAsync();
        (_, string reader) = await ReaderAsync(tenant);

        Assert.Equal(HttpStatusCode.NotFound, (await OpenAsync(tenant, stranger, null)).StatusCode);
        Assert.Equal(HttpStatusCode.BadRequest, (await OpenAsync(tenant, reader, "yesterday")).StatusCode);
        HttpResponseMessage[] open = await Task.WhenAll(Enumerable.Range(0, 10).Select(_ => OpenAsync(tenant, reader, null)));
        HttpResponseMessage refused = await OpenAsync(tenant, reader, null);
        Assert.All(open, response => Assert.Equal(HttpStatusCode.OK, response.StatusCode));
        Assert.Equal(HttpStatusCode.TooManyRequests, refused.StatusCode);
        Assert.NotNull(refused.Headers.RetryAfter);

        foreach (HttpResponseMessage response in open)
        {
            response.Dispose();
        }

        await HostFixture.EventuallyAsync(TimeSpan.FromSeconds(10), async () =>
        {
            using HttpResponseMessage next = await OpenAsync(tenant, reader, null);
            return next.StatusCode == HttpStatusCode.OK;
        });
    }

    [HostFact]
    public async Task Message_that_nobody_understands_ends_in_the_audit_and_not_in_a_queue()
    {
        await host.Azurite.Queue("documents-poison").SendMessageAsync("nonsense");

        await HostFixture.EventuallyAsync(TimeSpan.FromSeconds(15), async () =>
            (await host.SendAsync(HttpMethod.Get, "audit?limit=1000", HostFixture.AdminKey)).Body.GetProperty("entries").EnumerateArray()
                .Any(entry => entry.GetProperty("action").GetString() == "malformed-message"));
        await HostFixture.EventuallyAsync(TimeSpan.FromSeconds(10), async () =>
            (await host.Azurite.Queue("documents-poison").PeekMessagesAsync()).Value.Length == 0);
    }

    private async Task<HttpResponseMessage> OpenAsync(string tenant, string key, string? after)
    {
        using HttpRequestMessage request = new(HttpMethod.Get, $"tenants/{tenant}/document-events");
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", key);
        if (after is not null)
        {
            request.Headers.TryAddWithoutValidation("Last-Event-ID", after);
        }

        return await host.Http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
    }

    /// <summary>The next event whose text holds a word.</summary>
    private static async Task<(string Id, string Name, JsonElement Data)> NextAsync(
        StreamReader lines, string word, CancellationToken cancellationToken)
    {
        Dictionary<string, string> fields = [];
        while (await lines.ReadLineAsync(cancellationToken) is { } line)
        {
            if (line.Length > 0)
            {
                string[] parts = line.Split(": ", 2);
                fields[parts[0]] = parts[^1];
            }
            else if (fields.TryGetValue("id", out string? id) && fields.Values.Any(value => value.Contains(word, StringComparison.Ordinal)))
            {
                return (id, fields["event"], JsonElement.Parse(fields["data"]));
            }
            else
            {
                fields.Clear();
            }
        }

        throw new InvalidOperationException("The stream has ended.");
    }

    private async Task<(string Id, string Secret)> ReaderAsync(string tenant)
    {
        (_, JsonElement key) = await host.SendAsync(
            HttpMethod.Post, $"tenants/{tenant}/keys", HostFixture.AdminKey, """{"name":"reader","scopes":["read"]}""");
        return (key.GetProperty("id").GetString()!, key.GetProperty("secret").GetString()!);
    }

    private Task<(HttpStatusCode Status, JsonElement Body)> RetryAsync(string tenant, string key, string body) =>
        host.SendAsync(HttpMethod.Post, $"tenants/{tenant}/document-retries", key, body);

    private async Task RefusedAsync(HttpStatusCode expected, string problem, string tenant, string key, string body)
    {
        (HttpStatusCode status, JsonElement answer) = await RetryAsync(tenant, key, body);
        Assert.Equal((expected, $"https://freehold.dev/problems/{problem}"), (status, answer.GetProperty("type").GetString()));
    }
}
