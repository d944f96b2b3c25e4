using System.Net;
using System.Net.Http.Headers;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Azure.Storage.Blobs.Specialized;

namespace Freehold.Functions.Tests.Api;

/// <summary>Uploads with conditions, metadata and links, and what comes out again.</summary>
[Collection(HostTests.Name)]
public sealed class UploadTests(HostFixture host)
{
    [HostFact]
    public async Task Upload_by_link_is_taken_in_like_any_other()
    {
        (string tenant, string key) = await host.ProvisionAsync();
        (HttpStatusCode status, JsonElement offered) = await host.SendAsync(
            HttpMethod.Post,
            $"tenants/{tenant}/uploads",
            key,
            """{"path":"by link/a+b.md","bytes":30,"metadata":{"department":"sales","tags":["x",1]}}""");
        Assert.Equal(HttpStatusCode.Created, status);
        Assert.Equal("PUT", offered.GetProperty("method").GetString());
        Assert.InRange(offered.GetProperty("expiresAt").GetDateTimeOffset(), DateTimeOffset.UtcNow.AddMinutes(58), DateTimeOffset.UtcNow.AddMinutes(61));

        using HttpRequestMessage put = new(HttpMethod.Put, offered.GetProperty("url").GetString());
        put.Content = new ByteArrayContent(Encoding.UTF8.GetBytes("# Ferries\n\nThey leave at dawn."));
        foreach (JsonProperty header in offered.GetProperty("headers").EnumerateObject())
        {
            HttpHeaders headers = header.Name.StartsWith("Content-", StringComparison.Ordinal) ? put.Content.Headers : put.Headers;
            headers.Add(header.Name, header.Value.GetString());
        }

        using HttpClient anybody = new();
        using HttpResponseMessage written = await anybody.SendAsync(put);
        Assert.Equal(HttpStatusCode.Created, written.StatusCode);

        JsonElement document = await host.SettledAsync(tenant, key, "by%20link/a+b.md");
        Assert.Equal(("ready", "text/markdown"), (document.GetProperty("state").GetString(), document.GetProperty("mediaType").GetString()));
        Assert.Equal("""{"tags":["x",1],"department":"sales"}""", Compact(document.GetProperty("metadata")));
    }

    [HostFact]
    public async Task Upload_by_link_in_blocks_is_taken_in_when_it_is_committed()
    {
        (string tenant, string key) = await host.ProvisionAsync();
        (_, JsonElement offered) = await host.SendAsync(HttpMethod.Post, $"tenants/{tenant}/uploads", key, """{"path":"blocks.txt"}""");
        BlockBlobClient blob = new(new Uri(offered.GetProperty("url").GetString()!));
        string[] ids = [Convert.ToBase64String([1]), Convert.ToBase64String([2])];

        await blob.StageBlockAsync(ids[0], new MemoryStream("The ferry "u8.ToArray()));
        await blob.StageBlockAsync(ids[1], new MemoryStream("leaves at dawn."u8.ToArray()));
        Assert.Equal(HttpStatusCode.NotFound, (await host.SendAsync(HttpMethod.Get, $"tenants/{tenant}/documents/blocks.txt", key)).Status);
        await blob.CommitBlockListAsync(ids);

        await host.SettledAsync(tenant, key, "blocks.txt");
        Assert.Equal(["The ferry leaves at dawn."], await host.SearchAsync(tenant, key, "ferry"));
    }

    [HostFact]
    public async Task Link_is_refused_where_the_upload_would_be()
    {
        (string tenant, string key) = await host.ProvisionOnAsync("free");
        (string reader, string readerKey) = await host.ProvisionAsync("read", "search");
        string uploads = $"tenants/{tenant}/uploads";

        await RefusedAsync(403, "missing-scope", HttpMethod.Post, $"tenants/{reader}/uploads", readerKey, """{"path":"a.txt"}""");
        await RefusedAsync(404, "tenant-not-found", HttpMethod.Post, $"tenants/{reader}/uploads", key, """{"path":"a.txt"}""");
        await RefusedAsync(400, "invalid-document-path", HttpMethod.Post, uploads, key, "{}");
        await RefusedAsync(400, "invalid-document-path", HttpMethod.Post, uploads, key, """{"path":"../other/a.txt"}""");
        await RefusedAsync(415, "unsupported-media-type", HttpMethod.Post, uploads, key, """{"path":"a.exe"}""");
        await RefusedAsync(400, "invalid-metadata", HttpMethod.Post, uploads, key, """{"path":"a.txt","metadata":{"a":{}}}""");
        await RefusedAsync(400, "invalid-bytes", HttpMethod.Post, uploads, key, """{"path":"a.txt","bytes":0}""");
        await RefusedAsync(413, "document-too-large", HttpMethod.Post, uploads, key, """{"path":"a.txt","bytes":1099511627777}""");

        foreach (string path in (string[])["1.txt", "2.txt"])
        {
            await host.SendAsync(HttpMethod.Put, $"tenants/{tenant}/documents/{path}", key, "Text.");
        }

        await RefusedAsync(402, "quota-exceeded", HttpMethod.Post, uploads, key, """{"path":"3.txt"}""");
        Assert.Equal(HttpStatusCode.Created, (await host.SendAsync(HttpMethod.Post, uploads, key, """{"path":"2.txt","bytes":10}""")).Status);

        await host.SendAsync(HttpMethod.Post, $"tenants/{tenant}/suspend?wait=10", HostFixture.AdminKey);
        await RefusedAsync(409, "tenant-not-ready", HttpMethod.Post, uploads, key, """{"path":"2.txt"}""");
    }

    [HostFact]
    public async Task Conditions_decide_what_is_replaced_and_deleted()
    {
        (string tenant, string key) = await host.ProvisionAsync();
        string path = $"tenants/{tenant}/documents/a.txt";
        await RefusedAsync(412, "precondition-failed", HttpMethod.Put, path, key, "text", ("If-Match", "*"));
        await RefusedAsync(412, "precondition-failed", HttpMethod.Put, path, key, "text", ("If-Match", "\"0x8D0000000000000\""));
        Assert.Equal(HttpStatusCode.NotFound, (await host.SendAsync(HttpMethod.Get, path, key)).Status);

        string first = await PutAsync(path, key, ("If-None-Match", "*"));
        await RefusedAsync(412, "precondition-failed", HttpMethod.Put, path, key, "text", ("If-None-Match", "*"));
        string second = await PutAsync(path, key, ("If-Match", $"\"{first}\""));
        await RefusedAsync(412, "precondition-failed", HttpMethod.Put, path, key, "text", ("If-Match", $"\"{first}\""));
        await RefusedAsync(412, "precondition-failed", HttpMethod.Delete, path, key, null, ("If-Match", $"\"{first}\""));
        string third = await PutAsync(path, key, ("If-Match", second));
        await PutAsync(path, key, ("If-Match", "*"));
        await RefusedAsync(412, "precondition-failed", HttpMethod.Delete, path, key, null, ("If-Match", third));

        foreach ((string Name, string Value)[] bad in ((string, string)[][])
            [[("If-Match", "\"a\", \"b\"")], [("If-Match", "W/\"a\"")], [("If-None-Match", "\"a\"")], [("If-Match", "*"), ("If-None-Match", "*")]])
        {
            await RefusedAsync(400, "invalid-condition", HttpMethod.Put, path, key, "text", bad);
        }

        (HttpStatusCode status, _) = await host.SendAsync(HttpMethod.Delete, path, key, null, ("If-Match", "*"));
        Assert.Equal(HttpStatusCode.Accepted, status);
    }

    [HostFact]
    public async Task Damaged_body_is_refused_and_leaves_nothing()
    {
        (string tenant, string key) = await host.ProvisionAsync();
        string path = $"tenants/{tenant}/documents/a.txt";
        await RefusedAsync(400, "content-md5-mismatch", HttpMethod.Put, path, key, "text", ("Content-MD5", Md5("other")));
        foreach (string malformed in (string[])["x", "!!!!", Convert.ToBase64String(new byte[15]), Convert.ToBase64String(new byte[17])])
        {
            await RefusedAsync(400, "invalid-content-md5", HttpMethod.Put, path, key, "text", ("Content-MD5", malformed));
        }

        Assert.False(await host.Azurite.Container("documents").GetBlobClient($"{tenant}/a.txt").ExistsAsync());
        await PutAsync(path, key, ("Content-MD5", Md5("text")));
    }

    [HostFact]
    public async Task Metadata_comes_from_the_query_and_from_the_blob_and_filters_searches()
    {
        (string tenant, string key) = await host.ProvisionAsync();
        string json = Uri.EscapeDataString("""{"department":"sales","tags":["größer","y"]}""");
        (HttpStatusCode status, _) = await host.SendAsync(HttpMethod.Put, $"tenants/{tenant}/documents/a.txt?metadata={json}", key, "The ferry.");
        Assert.Equal(HttpStatusCode.Accepted, status);
        await host.Azurite.Container("documents").GetBlobClient($"{tenant}/b.txt").UploadAsync(
            BinaryData.FromString("The ferry."), new Azure.Storage.Blobs.Models.BlobUploadOptions { Metadata = new Dictionary<string, string> { ["Department"] = "legal" } });
        await host.SettledAsync(tenant, key, "a.txt");
        await host.SettledAsync(tenant, key, "b.txt");

        (_, JsonElement list) = await host.SendAsync(HttpMethod.Get, $"tenants/{tenant}/documents", key);
        Assert.Equal(["sales", "legal"], list.GetProperty("documents").EnumerateArray().Select(document => document.GetProperty("metadata").GetProperty("department").GetString()));
        JsonElement found = Assert.Single((await SearchAsync("""{"tags":"größer"}""")).EnumerateArray());
        Assert.Equal("sales", found.GetProperty("metadata").GetProperty("department").GetString());
        Assert.Equal("b.txt", Assert.Single((await SearchAsync("""{"department":["legal","hr"]}""")).EnumerateArray()).GetProperty("document").GetString());
        Assert.Equal(2, (await SearchAsync("null")).GetArrayLength());

        await RefusedAsync(400, "invalid-filter", HttpMethod.Post, $"tenants/{tenant}/search", key, """{"query":"ferry","filter":{"a":{}}}""");
        await RefusedAsync(400, "invalid-metadata", HttpMethod.Put, $"tenants/{tenant}/documents/c.txt?metadata=%7B", key, "text");

        async Task<JsonElement> SearchAsync(string filter) => (await host.SendAsync(
            HttpMethod.Post, $"tenants/{tenant}/search", key, $$"""{"query":"ferry","filter":{{filter}}}""")).Body.GetProperty("results");
    }

    [HostFact]
    public async Task Passages_are_ranges_of_the_text_that_is_given_of_every_format()
    {
        (string tenant, string key) = await host.ProvisionAsync();
        string[] files = [.. Directory.EnumerateFiles(Path.Combine(AppContext.BaseDirectory, "Handbooks"))];
        Assert.Equal([".docx", ".html", ".md", ".pdf", ".txt"], files.Select(Path.GetExtension).Distinct().Order());
        await host.SendAsync(HttpMethod.Put, $"tenants/{tenant}/documents/own.txt", key, "Ärger mit 𝄞 und 😀 – holidays, leave and work.\n\nSecond paragraph of the work.");
        foreach (string file in files)
        {
            using HttpRequestMessage put = new(HttpMethod.Put, $"tenants/{tenant}/documents/{Path.GetFileName(file)}");
            put.Headers.Authorization = new("Bearer", key);
            put.Content = new ByteArrayContent(await File.ReadAllBytesAsync(file));
            using HttpResponseMessage answer = await host.Http.SendAsync(put);
            Assert.Equal(HttpStatusCode.Accepted, answer.StatusCode);
        }

        HashSet<string> seen = [];
        foreach (string document in files.Select(file => Path.GetFileName(file)!).Append("own.txt"))
        {
            JsonElement settled = await host.SettledAsync(tenant, key, document);
            Assert.Equal("ready", settled.GetProperty("state").GetString());
            using HttpRequestMessage get = new(HttpMethod.Get, $"tenants/{tenant}/documents/{document}?content=text");
            get.Headers.Authorization = new("Bearer", key);
            using HttpResponseMessage answer = await host.Http.SendAsync(get);
            Assert.Equal("text/plain; charset=utf-8", answer.Content.Headers.ContentType!.ToString());
            Assert.Equal($"\"{settled.GetProperty("etag").GetString()}\"", answer.Headers.ETag!.Tag);
            string text = await answer.Content.ReadAsStringAsync();

            (_, JsonElement search) = await host.SendAsync(
                HttpMethod.Post, $"tenants/{tenant}/search", key, """{"query":"work leave travel holidays company employees warranty security","limit":100}""");
            foreach (JsonElement passage in search.GetProperty("results").EnumerateArray().Where(passage => passage.GetProperty("document").GetString() == document))
            {
                seen.Add(document);
                Assert.Equal(text[passage.GetProperty("start").GetInt32()..passage.GetProperty("end").GetInt32()], passage.GetProperty("text").GetString());
            }
        }

        Assert.Equal(files.Length + 1, seen.Count);
        await RefusedAsync(400, "invalid-content", HttpMethod.Get, $"tenants/{tenant}/documents/own.txt?content=html", key);
        await RefusedAsync(404, "document-not-found", HttpMethod.Get, $"tenants/{tenant}/documents/none.txt?content=text", key);
    }

    private static string Compact(JsonElement json) => JsonSerializer.Serialize(json);

#pragma warning disable CA5351 // What the header is.
    private static string Md5(string text) => Convert.ToBase64String(MD5.HashData(Encoding.UTF8.GetBytes(text)));
#pragma warning restore CA5351

    private async Task<string> PutAsync(string path, string key, params (string Name, string Value)[] headers)
    {
        (HttpStatusCode status, JsonElement document) = await SendAsync(HttpMethod.Put, path, key, "text", headers);
        Assert.True(status == HttpStatusCode.Accepted, $"{status}: {document}");
        return document.GetProperty("etag").GetString()!;
    }

    private async Task RefusedAsync(
        int status, string problem, HttpMethod method, string path, string key, string? body = null, params (string Name, string Value)[] headers)
    {
        (HttpStatusCode answered, JsonElement answer) = await SendAsync(method, path, key, body, headers);
        Assert.True(status == (int)answered, $"{method} {path}: {(int)answered} instead of {status}: {answer}");
        Assert.Equal($"https://freehold.dev/problems/{problem}", answer.GetProperty("type").GetString());
        Problems.AssertHarmless(answer);
    }

    private async Task<(HttpStatusCode Status, JsonElement Body)> SendAsync(
        HttpMethod method, string path, string key, string? body, (string Name, string Value)[] headers)
    {
        using HttpRequestMessage request = new(method, path);
        request.Headers.Authorization = new("Bearer", key);
        if (body is not null)
        {
            request.Content = new ByteArrayContent(Encoding.UTF8.GetBytes(body));
        }

        foreach ((string name, string value) in headers)
        {
            (name.StartsWith("Content-", StringComparison.Ordinal) ? (HttpHeaders)request.Content!.Headers : request.Headers).TryAddWithoutValidation(name, value);
        }

        using HttpResponseMessage response = await host.Http.SendAsync(request);
        string text = await response.Content.ReadAsStringAsync();
        return (response.StatusCode, text.Length == 0 ? default : JsonElement.Parse(text));
    }
}
