using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace Freehold.Demo;

/// <summary>Calls of the HTTP API with one key. A problem ends the demo with its sentence.</summary>
internal sealed class Api(HttpClient http, string key)
{
    public async Task<T> GetAsync<T>(string path, JsonTypeInfo<T> type) => await ReadAsync(await SendAsync(HttpMethod.Get, path), type);

    public async Task<T> PostAsync<T>(string path, Dictionary<string, string> body, JsonTypeInfo<T> type) =>
        await ReadAsync(await TryPostAsync(path, body), type);

    public Task<HttpResponseMessage> TryPostAsync(string path, Dictionary<string, string> body) => SendAsync(
        HttpMethod.Post,
        path,
        new StringContent(JsonSerializer.Serialize(body, DemoJson.Default.DictionaryStringString), Encoding.UTF8, "application/json"));

    public async Task PutAsync(string path, string file)
    {
        await using FileStream content = File.OpenRead(file);
        using HttpResponseMessage response = await SendAsync(HttpMethod.Put, path, new StreamContent(content));
        await CheckAsync(response);
    }

    private async Task<HttpResponseMessage> SendAsync(HttpMethod method, string path, HttpContent? content = null)
    {
        using HttpRequestMessage request = new(method, path) { Content = content };
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", key);
        return await http.SendAsync(request);
    }

    private static async Task<T> ReadAsync<T>(HttpResponseMessage response, JsonTypeInfo<T> type)
    {
        using (response)
        {
            await CheckAsync(response);
            return JsonSerializer.Deserialize(await response.Content.ReadAsStringAsync(), type)!;
        }
    }

    private static async Task CheckAsync(HttpResponseMessage response)
    {
        if (!response.IsSuccessStatusCode)
        {
            throw new InvalidOperationException($"{(int)response.StatusCode}: {await response.Content.ReadAsStringAsync()}");
        }
    }
}
