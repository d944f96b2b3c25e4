using System.Text.Json;
using System.Text.Json.Serialization;

namespace Freehold.Retrieval.Evaluation;

/// <summary>Evaluations as they stand in a tenant's database.</summary>
[JsonSourceGenerationOptions(JsonSerializerDefaults.Web, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(EvaluationRequest))]
[JsonSerializable(typeof(EvaluatedCorpus))]
[JsonSerializable(typeof(IReadOnlyList<MissingJudgement>))]
[JsonSerializable(typeof(EvaluationReport))]
internal sealed partial class EvaluationJson : JsonSerializerContext;
