using System.Net;
using Azure;
using Azure.Storage.Blobs;
using Azure.Storage.Blobs.Models;

namespace Freehold.Functions.Tests.Chaos;

/// <summary>A tenant's client that tries again, as real ones do, for as long as nobody answers, or answers 503. All else is an answer.</summary>
internal sealed class PatientClient(HttpClient http, BlobContainerClient container, string tenant, string key)
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(5);

    public string Tenant => tenant;

    public Task PutAsync(string path, byte[] content) => SendAsync(HttpMethod.Put, path, content, HttpStatusCode.Accepted);

    /// <summary>One that is gone already is as good.</summary>
    public Task DeleteAsync(string path) => SendAsync(HttpMethod.Delete, path, null, HttpStatusCode.Accepted, HttpStatusCode.NotFound);

    public Task WriteBlobAsync(string path, byte[] content, string? contentType) => PersistAsync(async () =>
    {
        BlobUploadOptions options = new() { HttpHeaders = contentType is null ? null : new BlobHttpHeaders { ContentType = contentType } };
        await Blob(path).UploadAsync(BinaryData.FromBytes(content), options);
    });

    public Task DeleteBlobAsync(string path) => PersistAsync(() => Blob(path).DeleteIfExistsAsync());

    private BlobClient Blob(string path) => container.GetBlobClient($"{tenant}/{path}");

    private Task SendAsync(HttpMethod method, string path, byte[]? content, params HttpStatusCode[] expected) => PersistAsync(async () =>
    {
        string escaped = string.Join('/', path.Split('/').Select(Uri.EscapeDataString));
        using HttpRequestMessage request = new(method, $"tenants/{tenant}/documents/{escaped}");
        request.Headers.TryAddWithoutValidation("Authorization", "Bearer " + key);
        request.Content = content is null ? null : new ByteArrayContent(content);
        using HttpResponseMessage response = await http.SendAsync(request);
        if (response.StatusCode == HttpStatusCode.ServiceUnavailable)
        {
            throw new HttpRequestException("503");
        }

        Assert.True(
            expected.Contains(response.StatusCode), $"{method} {path}: {response.StatusCode} {await response.Content.ReadAsStringAsync()}");
    });

    private static async Task PersistAsync(Func<Task> attempt)
    {
        long started = TimeProvider.System.GetTimestamp();
        while (true)
        {
            try
            {
                await attempt();
                return;
            }
            catch (Exception exception) when (
                exception is HttpRequestException or IOException or OperationCanceledException or AggregateException or RequestFailedException { Status: 0 or >= 500 }
                && TimeProvider.System.GetElapsedTime(started) < Patience)
            {
                await Task.Delay(Random.Shared.Next(100, 600));
            }
        }
    }
}
