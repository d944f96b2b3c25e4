using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;

namespace Freehold.Functions.Tests.Api;

/// <summary>Bad input, wrong keys and servers that are away: each a problem document that says what to do and gives nothing away.</summary>
[Collection(HostTests.Name)]
public sealed class RefusalTests(HostFixture host)
{
    private const string UnknownKey = "fh_zzzzzzzz_0123456789012345678901234567890123456789012";

    [HostFact]
    public async Task Keys_open_what_they_are_for_and_nothing_else()
    {
        (string tenant, string key) = await host.ProvisionAsync();
        (string other, _) = await host.ProvisionAsync();
        (string reader, string readerKey) = await host.ProvisionAsync("read");
        string search = """{"query":"anything"}""";

        await RefusedAsync(401, "unknown-key", HttpMethod.Post, $"tenants/{tenant}/search", null, search);
        await RefusedAsync(401, "unknown-key", HttpMethod.Post, $"tenants/{tenant}/search", UnknownKey, search);
        await RefusedAsync(401, "unknown-key", HttpMethod.Post, $"tenants/{tenant}/search", key[..^1] + (key[^1] == 'A' ? 'B' : 'A'), search);
        await RefusedAsync(401, "unknown-key", HttpMethod.Get, "tenants", "not a key at all");
        await RefusedAsync(404, "tenant-not-found", HttpMethod.Post, $"tenants/{other}/search", key, search);
        await RefusedAsync(404, "tenant-not-found", HttpMethod.Post, "tenants/nobody-here/search", key, search);
        await RefusedAsync(404, "tenant-not-found", HttpMethod.Get, $"tenants/{other}/documents", key);
        await RefusedAsync(404, "tenant-not-found", HttpMethod.Put, $"tenants/{other}/documents/a.txt", key, "text");
        await RefusedAsync(404, "tenant-not-found", HttpMethod.Get, "tenants/nobody-here", HostFixture.AdminKey);
        await RefusedAsync(403, "missing-scope", HttpMethod.Post, $"tenants/{reader}/search", readerKey, search);
        await RefusedAsync(403, "missing-scope", HttpMethod.Put, $"tenants/{reader}/documents/a.txt", readerKey, "text");
        await RefusedAsync(403, "missing-scope", HttpMethod.Get, "tenants", key);
        await RefusedAsync(403, "admin-key-refused", HttpMethod.Post, $"tenants/{tenant}/search", HostFixture.AdminKey, search);
    }

    [HostFact]
    public async Task Revoked_key_is_refused_at_once()
    {
        (string tenant, string key) = await host.ProvisionAsync();
        (_, JsonElement list) = await host.SendAsync(HttpMethod.Get, $"tenants/{tenant}/keys", HostFixture.AdminKey);
        Assert.Empty(await host.SearchAsync(tenant, key, "anything"));

        string id = list.GetProperty("keys")[0].GetProperty("id").GetString()!;
        (HttpStatusCode status, _) = await host.SendAsync(HttpMethod.Delete, $"tenants/{tenant}/keys/{id}", HostFixture.AdminKey);

        Assert.Equal(HttpStatusCode.NoContent, status);
        await RefusedAsync(401, "unknown-key", HttpMethod.Post, $"tenants/{tenant}/search", key, """{"query":"anything"}""");
        await RefusedAsync(404, "key-not-found", HttpMethod.Delete, $"tenants/{tenant}/keys/{id}", HostFixture.AdminKey);
    }

    [HostFact]
    public async Task Tenants_that_cannot_be_are_refused()
    {
        (string tenant, _) = await host.ProvisionAsync();
        foreach (string id in (string[])["ab", "Abc", "1abc", "abc-", "a b", "a_c", "ab\\n", new string('a', 41), "../abc", ""])
        {
            await RefusedAsync(400, "invalid-tenant-id", HttpMethod.Post, "tenants", HostFixture.AdminKey, $$"""{"id":"{{id}}"}""");
        }

        await RefusedAsync(400, "invalid-tenant-id", HttpMethod.Post, "tenants", HostFixture.AdminKey, "{}");
        await RefusedAsync(409, "tenant-already-exists", HttpMethod.Post, "tenants", HostFixture.AdminKey, $$"""{"id":"{{tenant}}"}""");
        await RefusedAsync(422, "unknown-plan", HttpMethod.Post, "tenants", HostFixture.AdminKey, """{"id":"abc","plan":"golden"}""");
        await RefusedAsync(422, "unknown-region", HttpMethod.Post, "tenants", HostFixture.AdminKey, """{"id":"abc","region":"the-moon"}""");
        await RefusedAsync(400, "invalid-wait", HttpMethod.Post, "tenants?wait=x", HostFixture.AdminKey, """{"id":"abc"}""");
        await RefusedAsync(400, "invalid-purge", HttpMethod.Delete, $"tenants/{tenant}?purge=yes", HostFixture.AdminKey);
        await RefusedAsync(400, "confirmation-required", HttpMethod.Delete, $"tenants/{tenant}?purge=true", HostFixture.AdminKey);
        await RefusedAsync(404, "operation-not-found", HttpMethod.Get, "operations/nonsense", HostFixture.AdminKey);
        await RefusedAsync(400, "invalid-cursor", HttpMethod.Get, "tenants?cursor=%21", HostFixture.AdminKey);
        await RefusedAsync(400, "unknown-scope", HttpMethod.Post, $"tenants/{tenant}/keys", HostFixture.AdminKey, """{"name":"k","scopes":["all"]}""");
    }

    [HostTheory]
    [InlineData("")]
    [InlineData("{")]
    [InlineData("[]")]
    [InlineData("null")]
    [InlineData("{\"query\":1}")]
    [InlineData("{\"query\":\"x\",\"qwery\":\"y\"}")]
    [InlineData("{\"query\":\"\\ud800\"}")]
    public async Task Malformed_json_is_refused(string body)
    {
        (string tenant, string key) = await host.ProvisionAsync();
        await RefusedAsync(400, "malformed-json", HttpMethod.Post, $"tenants/{tenant}/search", key, body);
    }

    [HostFact]
    public async Task Searches_that_cannot_be_meant_are_refused()
    {
        (string tenant, string key) = await host.ProvisionAsync();
        await RefusedAsync(400, "empty-query", HttpMethod.Post, $"tenants/{tenant}/search", key, "{}");
        await RefusedAsync(400, "query-too-long", HttpMethod.Post, $"tenants/{tenant}/search", key, $$"""{"query":"{{new string('x', 4001)}}"}""");
        await RefusedAsync(413, "request-too-large", HttpMethod.Post, $"tenants/{tenant}/search", key, $$"""{"query":"{{new string('x', 1_000_000)}}"}""");
        await RefusedAsync(400, "unknown-mode", HttpMethod.Post, $"tenants/{tenant}/search", key, """{"query":"x","mode":"best"}""");
        await RefusedAsync(404, "no-such-call", HttpMethod.Get, "tenants/x/y/z", key);
        await RefusedAsync(404, "no-such-call", HttpMethod.Get, $"tenants/{tenant}/search", key);
    }

    [HostFact]
    public async Task Documents_that_cannot_be_are_refused_and_leave_nothing()
    {
        (string tenant, string key) = await host.ProvisionAsync();
        string documents = $"tenants/{tenant}/documents/";
        await RefusedAsync(422, "empty-document", HttpMethod.Put, documents + "a.txt", key, string.Empty);
        await RefusedAsync(422, "content-mismatch", HttpMethod.Put, documents + "a.pdf", key, "This is no PDF.");
        await RefusedAsync(415, "unsupported-media-type", HttpMethod.Put, documents + "a.exe", key, "MZ");
        await RefusedAsync(413, "document-too-large", HttpMethod.Put, documents + "a.txt", key, new string('x', 5_000_001));
        await RefusedAsync(400, "invalid-document-path", HttpMethod.Put, documents + "a%0Ab.txt", key, "text");
        await RefusedAsync(400, "invalid-document-path", HttpMethod.Put, documents + new string('a', 901), key, "text");
        await RefusedAsync(404, "document-not-found", HttpMethod.Get, documents + "nothing.txt", key);
        await RefusedAsync(404, "document-not-found", HttpMethod.Delete, documents + "nothing.txt", key);

        (_, JsonElement list) = await host.SendAsync(HttpMethod.Get, $"tenants/{tenant}/documents", key);
        Assert.Empty(list.GetProperty("documents").EnumerateArray());
    }

    [HostTheory]
    [InlineData("../other/a.txt")]
    [InlineData("%2e%2e/other/a.txt")]
    [InlineData("x/%2E%2E/a.txt")]
    [InlineData("x/%2e/a.txt")]
    [InlineData("x%2F..%2Fa.txt")]
    [InlineData("..%2f..%2fa.txt")]
    [InlineData("%2e%2e")]
    public async Task Path_that_tries_to_leave_its_place_is_refused(string path)
    {
        (string tenant, string key) = await host.ProvisionAsync();
        string answer = await RawAsync($"PUT /api/tenants/{tenant}/documents/{path} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {key}\r\nContent-Length: 4\r\nConnection: close\r\n\r\ntext");
        Assert.StartsWith("HTTP/1.1 400", answer, StringComparison.Ordinal);
        Assert.Contains("application/problem+json", answer, StringComparison.Ordinal);
    }

    [HostFact]
    public async Task Percent_signs_in_a_path_are_decoded_exactly_once()
    {
        (string tenant, string key) = await host.ProvisionAsync();
        string answer = await RawAsync($"PUT /api/tenants/{tenant}/documents/a%2541/%252e.txt HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {key}\r\nContent-Length: 4\r\nConnection: close\r\n\r\ntext");
        Assert.StartsWith("HTTP/1.1 202", answer, StringComparison.Ordinal);
        (_, JsonElement list) = await host.SendAsync(HttpMethod.Get, $"tenants/{tenant}/documents", key);
        Assert.Equal("a%41/%2e.txt", list.GetProperty("documents")[0].GetProperty("path").GetString());
    }

    [HostFact]
    public async Task Tenant_named_like_a_part_of_its_routes_is_served_like_any_other()
    {
        await host.SendAsync(HttpMethod.Post, "tenants?wait=30", HostFixture.AdminKey, """{"id":"documents"}""");
        (_, JsonElement key) = await host.SendAsync(HttpMethod.Post, "tenants/documents/keys", HostFixture.AdminKey, """{"name":"k"}""");
        string secret = key.GetProperty("secret").GetString()!;
        (HttpStatusCode status, JsonElement document) = await host.SendAsync(
            HttpMethod.Put, "tenants/documents/documents/documents/x.txt", secret, "text");
        Assert.Equal(HttpStatusCode.Accepted, status);
        Assert.Equal("documents/x.txt", document.GetProperty("path").GetString());
        await RefusedAsync(400, "invalid-document-path", HttpMethod.Put, "tenants/documents/documents/a%252Fb.txt", secret, "text");
    }

    private async Task RefusedAsync(int status, string problem, HttpMethod method, string path, string? key, string? body = null)
    {
        (HttpStatusCode answered, JsonElement answer) = await host.SendAsync(method, path, key, body);
        Assert.True(status == (int)answered, $"{method} {path}: {(int)answered} instead of {status}: {answer}");
        Assert.Equal($"https://freehold.dev/problems/{problem}", answer.GetProperty("type").GetString());
        Assert.Equal(status, answer.GetProperty("status").GetInt32());
        Problems.AssertHarmless(answer);
    }

    private async Task<string> RawAsync(string request)
    {
        using TcpClient client = new();
        await client.ConnectAsync(IPAddress.Loopback, host.Port);
        await client.GetStream().WriteAsync(Encoding.ASCII.GetBytes(request));
        using StreamReader reader = new(client.GetStream());
        return await reader.ReadToEndAsync();
    }
}

internal static class Problems
{
    private static readonly string[] Revealing = ["   at ", "Exception", "Npgsql", "Host=", "Password", "AccountKey", "SELECT", "127.0.0.1"];

    /// <summary>A sentence for people, and nothing of this program's insides.</summary>
    public static void AssertHarmless(JsonElement problem)
    {
        Assert.EndsWith(".", problem.GetProperty("detail").GetString()!.TrimEnd('\'', '"'), StringComparison.Ordinal);
        Assert.All(Revealing, word => Assert.DoesNotContain(word, problem.GetRawText(), StringComparison.Ordinal));
    }
}
