using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using Freehold.Provisioning.Providers;
using Freehold.Storage;

namespace Freehold.Provisioning.Certificates;

/// <summary>
/// What was erased of a tenant, or, of one that went to another region, where it was before; when, and until when others could still
/// recover it. docs/schemas/deletion-certificate.json is its schema.
/// </summary>
public sealed record DeletionCertificate(
    Guid CertificateId,
    Guid OperationId,
    string TenantId,
    Guid TenantUid,
    DateTimeOffset RequestedAt,
    DateTimeOffset ErasedAt,
    ErasedContent Erased,
    ProviderRecovery Provider,
    StorageRecovery Storage)
{
    /// <summary>The region whose part was erased, when the tenant moved to another; null where the tenant was erased.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? LeftRegion { get; init; }

    /// <summary>Version of the form.</summary>
    [JsonPropertyOrder(-1)]
    public int Version { get; } = 1;
}

/// <summary>Counts of what was erased.</summary>
/// <param name="Documents">Documents that the tenant had, whatever their state.</param>
/// <param name="Blobs">Current blobs.</param>
/// <param name="BlobVersions">Former versions of blobs.</param>
/// <param name="BlobSnapshots">Snapshots of blobs.</param>
/// <param name="UncommittedBlobs">Uploads that were begun and never completed.</param>
/// <param name="BlobBytes">Length of blobs, versions and snapshots, each in full.</param>
/// <param name="Databases">Databases.</param>
/// <param name="Roles">Roles of the database server.</param>
/// <param name="Keys">API keys.</param>
/// <param name="Jobs">Work that was waiting.</param>
/// <param name="UsageDays">Days with records of usage.</param>
public sealed record ErasedContent(
    long Documents,
    long Blobs,
    long BlobVersions,
    long BlobSnapshots,
    long UncommittedBlobs,
    long BlobBytes,
    int Databases,
    int Roles,
    int Keys,
    int Jobs,
    int UsageDays);

/// <summary>Until when blob storage could recover blobs.</summary>
/// <param name="RecoverableUntil">The moment, <c>unknown</c>, or null where it cannot.</param>
/// <param name="RetentionDays">Days that storage keeps what was deleted; null where that is unknown.</param>
/// <param name="Note">The same in words.</param>
public sealed record StorageRecovery(string? RecoverableUntil, int? RetentionDays, string Note)
{
    private const string Unknown = "unknown";

    /// <summary>Of what was deleted by then.</summary>
    public static StorageRecovery Of(BlobRetention retention, DateTimeOffset erasedAt) => retention.Days switch
    {
        null => new StorageRecovery(
            Unknown, null, "Whether storage keeps deleted blobs is unknown: the account does not let this installation read its settings."),
        0 => new StorageRecovery(null, 0, "The account keeps nothing of deleted blobs."),
        { } days => new StorageRecovery(
            erasedAt.AddDays(days).ToString("O", CultureInfo.InvariantCulture),
            days,
            "The account keeps deleted blobs for these days, for its operator alone to recover."),
    };
}

[JsonSourceGenerationOptions(JsonSerializerDefaults.Web)]
[JsonSerializable(typeof(DeletionCertificate))]
[JsonSerializable(typeof(InventoryTaken))]
[JsonSerializable(typeof(JwsHeader))]
[JsonSerializable(typeof(SignedCertificate))]
internal sealed partial class CertificateJson : JsonSerializerContext
{
    /// <summary>As generated, with apostrophes and the like as they are. What is written is signed, or is base64.</summary>
    public static CertificateJson Readable =>
        field ??= new(new JsonSerializerOptions(Default.Options) { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping });
}
