using System.Net;
using System.Web;
using Azure.Core;
using Azure.Core.Pipeline;
using Azure.Storage.Blobs;
using Freehold.Storage;
using Freehold.Tenants;
using Microsoft.Extensions.Time.Testing;

namespace Freehold.Tests.Storage;

/// <summary>Links of an account without keys, as in Azure: storage's answer is replayed.</summary>
public sealed class UploadLinksTests
{
    private readonly FakeTimeProvider _time = new(new DateTimeOffset(2027, 1, 31, 12, 0, 0, TimeSpan.Zero));
    private readonly List<string> _asked = [];

    [Fact]
    public async Task Link_is_signed_with_a_key_of_the_service_s_identity_for_one_blob_to_write_over_https()
    {
        using UploadLinks links = Links();

        Uri link = await CreateAsync(links, TimeSpan.FromHours(1));

        Assert.Equal("https://account.blob.core.windows.net/documents/acme/a%20b/c%C3%A9.pdf", link.GetLeftPart(UriPartial.Path));
        var parameters = HttpUtility.ParseQueryString(link.Query);
        Assert.Equal(("cw", "b", "https"), (parameters["sp"], parameters["sr"], parameters["spr"]));
        Assert.Equal("2027-01-31T13:00:00Z", parameters["se"]);
        Assert.Equal("11111111-1111-1111-1111-111111111111", parameters["skoid"]);
        Assert.NotNull(parameters["sig"]);
        Assert.DoesNotContain("c2VjcmV0", link.Query, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Key_is_asked_for_again_when_a_link_would_outlast_it()
    {
        using UploadLinks links = Links();
        await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => CreateAsync(links, TimeSpan.FromHours(24))));
        _time.Advance(TimeSpan.FromHours(23));
        await CreateAsync(links, TimeSpan.FromHours(24));
        Assert.Single(_asked);

        _time.Advance(TimeSpan.FromHours(2));
        await CreateAsync(links, TimeSpan.FromHours(24));
        Assert.Equal(2, _asked.Count);
        Assert.Contains("2027-02-03T13:00:00Z", _asked[1], StringComparison.Ordinal);
    }

    private Task<Uri> CreateAsync(UploadLinks links, TimeSpan lifetime) => links.CreateAsync(
        TenantId.Parse("acme"), DocumentPath.Parse("a b/cé.pdf"), _time.GetUtcNow() + lifetime, default);

    private UploadLinks Links() => new(
        new BlobServiceClient(
            new Uri("https://account.blob.core.windows.net"),
            new AnyToken(),
            new BlobClientOptions { Transport = new HttpClientTransport(new HttpClient(new DelegationKeys(_asked, _time))) }),
        _time);

    // https://learn.microsoft.com/rest/api/storageservices/get-user-delegation-key
    private sealed class DelegationKeys(List<string> asked, TimeProvider time) : HttpMessageHandler
    {
        protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            Assert.Contains("comp=userdelegationkey", request.RequestUri!.Query, StringComparison.Ordinal);
            string question = await request.Content!.ReadAsStringAsync(cancellationToken);
            lock (asked)
            {
                asked.Add(question);
            }

            return new HttpResponseMessage(HttpStatusCode.OK)
            {
                RequestMessage = request,
                Content = new StringContent(
                    $"""
                    <?xml version="1.0" encoding="utf-8"?>
                    <UserDelegationKey>
                      <SignedOid>11111111-1111-1111-1111-111111111111</SignedOid>
                      <SignedTid>22222222-2222-2222-2222-222222222222</SignedTid>
                      <SignedStart>{time.GetUtcNow():yyyy-MM-ddTHH:mm:ssZ}</SignedStart>
                      <SignedExpiry>{time.GetUtcNow().AddDays(2):yyyy-MM-ddTHH:mm:ssZ}</SignedExpiry>
                      <SignedService>b</SignedService>
                      <SignedVersion>2025-01-05</SignedVersion>
                      <Value>c2VjcmV0</Value>
                    </UserDelegationKey>
                    """,
                    System.Text.Encoding.UTF8,
                    "application/xml"),
            };
        }
    }

    private sealed class AnyToken : TokenCredential
    {
        public override AccessToken GetToken(TokenRequestContext requestContext, CancellationToken cancellationToken) =>
            new("token", new DateTimeOffset(2030, 1, 1, 0, 0, 0, TimeSpan.Zero));

        public override ValueTask<AccessToken> GetTokenAsync(TokenRequestContext requestContext, CancellationToken cancellationToken) =>
            new(GetToken(requestContext, cancellationToken));
    }
}
