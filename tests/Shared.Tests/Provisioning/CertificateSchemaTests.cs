using System.Text;
using System.Text.Json.Nodes;
using Freehold.Storage;
using NJsonSchema;

namespace Freehold.Tests.Provisioning;

public sealed class CertificateSchemaTests
{
    public static TheoryData<BlobRetention, string?> Retentions => new()
    {
        { BlobRetention.None, null },
        { BlobRetention.Unknown, "unknown" },
        { new BlobRetention(7), "2026-03-08T12:00:00.0000000+00:00" },
    };

    [Theory]
    [MemberData(nameof(Retentions))]
    public async Task Payload_is_what_its_schema_says(BlobRetention retention, string? recoverableUntil)
    {
        string payload = Payload(retention);

        Assert.Empty((await SchemaAsync()).Validate(payload));
        JsonNode storage = JsonNode.Parse(payload)!["storage"]!;
        Assert.Equal(recoverableUntil, (string?)storage["recoverableUntil"]);
        Assert.Equal(retention.Days, (int?)storage["retentionDays"]);
    }

    [Theory]
    [InlineData("certificateId")]
    [InlineData("erased")]
    [InlineData("storage")]
    public async Task Schema_misses_a_member_that_is_not_there(string name)
    {
        JsonObject payload = JsonNode.Parse(Payload(BlobRetention.None))!.AsObject();
        payload.Remove(name);

        Assert.NotEmpty((await SchemaAsync()).Validate(payload.ToJsonString()));
    }

    [Theory]
    [InlineData("version", "2")]
    [InlineData("tenantId", "\"Not A Slug\"")]
    [InlineData("erased", "{\"documents\": -1}")]
    [InlineData("somethingElse", "1")]
    public async Task Schema_refuses_what_no_certificate_says(string name, string value)
    {
        JsonObject payload = JsonNode.Parse(Payload(BlobRetention.None))!.AsObject();
        payload[name] = JsonNode.Parse(value);

        Assert.NotEmpty((await SchemaAsync()).Validate(payload.ToJsonString()));
    }

    private static string Payload(BlobRetention retention) =>
        Encoding.UTF8.GetString(Certificates.Payload(Certificates.Signer(("one", [.. new byte[31], 1])).Sign(Certificates.Make(retention))));

    private static Task<JsonSchema> SchemaAsync() =>
        JsonSchema.FromFileAsync(Path.Combine(AppContext.BaseDirectory, "Schemas", "deletion-certificate.json"));
}
