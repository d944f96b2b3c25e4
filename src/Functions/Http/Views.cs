using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using Freehold.Answers;
using Freehold.Ingestion;
using Freehold.Provisioning;
using Freehold.Provisioning.Certificates;
using Freehold.Provisioning.Evaluations;
using Freehold.Provisioning.Fleet;
using Freehold.Provisioning.ModelChange;
using Freehold.Retrieval;
using Freehold.Retrieval.Evaluation;
using Freehold.Tenants;
using Freehold.Usage;

namespace Freehold.Functions.Http;

/// <summary>A tenant in JSON.</summary>
internal sealed record TenantView(
    string Id,
    string DisplayName,
    string State,
    string Region,
    string Plan,
    DateTimeOffset CreatedAt,
    DateTimeOffset? ReadyAt,
    int? SchemaVersion,
    string? Failure,
    QuotaStop? OverQuota)
{
    public static TenantView Of(Tenant tenant) => new(
        tenant.Id.Value,
        tenant.DisplayName,
        tenant.State.ToName(),
        tenant.Region,
        tenant.Plan,
        tenant.CreatedAt,
        tenant.ReadyAt,
        tenant.SchemaVersion,
        tenant.Failure,
        tenant.OverQuota);
}

internal sealed record TenantList(IReadOnlyList<TenantView> Tenants, string? Cursor);

internal sealed record OperationList(IReadOnlyList<Operation> Operations, string? Cursor);

internal sealed record EvaluationList(IReadOnlyList<EvaluationStatus> Evaluations, string? Cursor);

internal sealed record CredentialList(IReadOnlyList<TenantCredential> Credentials);

internal sealed record AuditList(IReadOnlyList<AuditEntry> Entries, string? Cursor);

/// <summary>What is to change of a tenant.</summary>
internal sealed record TenantPatch(string? DisplayName = null, string? Plan = null);

/// <summary>The model that a tenant is to be embedded with.</summary>
internal sealed record NewEmbeddingModel(string? Model);

/// <summary>Where a tenant is to be.</summary>
internal sealed record TenantMove(string? Provider = null, string? Region = null);

internal sealed record KeyList(IReadOnlyList<ApiKey> Keys);

internal sealed record DocumentList(IReadOnlyList<DocumentStatus> Documents, string? Cursor);

internal sealed record FailedDocumentList(IReadOnlyList<FailedDocument> Documents, string? Cursor);

/// <summary>How many documents are tried again.</summary>
internal sealed record RetriedView(int Retried);

/// <summary>A document that is gone.</summary>
internal sealed record RemovedView(string Path);

/// <summary>What is asked of a new key.</summary>
internal sealed record NewKey(string? Name, IReadOnlyList<string>? Scopes = null, DateTimeOffset? ExpiresAt = null);

/// <summary>
/// Passages, the milliseconds that finding them took, the cursor of the next page, and, where there is a model for it, whether it has put them
/// in order, or why not.
/// </summary>
internal sealed record SearchAnswer(IReadOnlyList<Passage> Results, double Took, string? Cursor, bool? Reranked, string? RerankFailure)
{
    public static SearchAnswer Of(FoundPassages found, double took) =>
        new(found.Passages, Math.Round(took, 2), found.Cursor, found.Reranking?.Done, found.Reranking?.Failure);
}

/// <summary>An answer, and the milliseconds that it took.</summary>
internal sealed record AskAnswer(
    string Answer,
    bool Answered,
    string Kind,
    double Evidence,
    IReadOnlyList<Citation> Citations,
    IReadOnlyList<Source> Sources,
    int? RemovedCitations,
    double Took)
{
    public static AskAnswer Of(Answer answer, double took) => new(
        answer.Text,
        answer.Answered,
        answer.Kind,
        answer.Evidence,
        answer.Citations,
        answer.Sources,
        answer.RemovedCitations == 0 ? null : answer.RemovedCitations,
        Math.Round(took, 2));
}

/// <summary>The sources of an answer that is being written.</summary>
internal sealed record SourcesView(IReadOnlyList<Source> Sources);

/// <summary>A piece of an answer that is being written.</summary>
internal sealed record DeltaView(string Text);

internal sealed record HealthView(string Status);

/// <summary>RFC 9457, with the members that some problems add.</summary>
internal sealed record ProblemView(
    string Type, string Title, int Status, string Detail, long? Limit = null, long? Used = null, string? State = null, string? Quota = null,
    string? Region = null, Uri? Address = null, IReadOnlyList<string>? Regions = null, DateTimeOffset? ResetsAt = null)
{
    /// <summary>In a header.</summary>
    [JsonIgnore]
    public TimeSpan? RetryAfter { get; init; }
}

[JsonSourceGenerationOptions(
    JsonSerializerDefaults.Web,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow)]
[JsonSerializable(typeof(NewTenant))]
[JsonSerializable(typeof(TenantView))]
[JsonSerializable(typeof(TenantList))]
[JsonSerializable(typeof(NewKey))]
[JsonSerializable(typeof(ApiKey))]
[JsonSerializable(typeof(KeyList))]
[JsonSerializable(typeof(TenantPatch))]
[JsonSerializable(typeof(Operation))]
[JsonSerializable(typeof(OperationList))]
[JsonSerializable(typeof(TenantCredential))]
[JsonSerializable(typeof(CredentialList))]
[JsonSerializable(typeof(AuditList))]
[JsonSerializable(typeof(PublicKeySet))]
[JsonSerializable(typeof(DocumentStatus))]
[JsonSerializable(typeof(DocumentList))]
[JsonSerializable(typeof(DocumentSummary))]
[JsonSerializable(typeof(DocumentRetry))]
[JsonSerializable(typeof(RetriedView))]
[JsonSerializable(typeof(RemovedView))]
[JsonSerializable(typeof(FailedDocumentList))]
[JsonSerializable(typeof(NewUpload))]
[JsonSerializable(typeof(OfferedUpload))]
[JsonSerializable(typeof(SearchRequest))]
[JsonSerializable(typeof(SearchAnswer))]
[JsonSerializable(typeof(EvaluationRequest))]
[JsonSerializable(typeof(EvaluationStatus))]
[JsonSerializable(typeof(EvaluationList))]
[JsonSerializable(typeof(AskRequest))]
[JsonSerializable(typeof(AskAnswer))]
[JsonSerializable(typeof(SourcesView))]
[JsonSerializable(typeof(DeltaView))]
[JsonSerializable(typeof(UsageReport))]
[JsonSerializable(typeof(HealthView))]
[JsonSerializable(typeof(FleetOverview))]
[JsonSerializable(typeof(ModelChangeEstimate))]
[JsonSerializable(typeof(NewEmbeddingModel))]
[JsonSerializable(typeof(TenantMove))]
[JsonSerializable(typeof(ReconciliationReport))]
[JsonSerializable(typeof(ProblemView))]
internal sealed partial class ApiJson : JsonSerializerContext
{
    /// <summary>As generated, but readable: an apostrophe stays one. The answers are JSON and say so, never part of a page.</summary>
    public static ApiJson Readable =>
        field ??= new(new JsonSerializerOptions(Default.Options) { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping });
}
