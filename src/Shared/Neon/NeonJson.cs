using System.Text.Json.Serialization;

namespace Freehold.Neon;

/// <summary>
/// Neon's JSON: snake_case, members left out rather than null, more members and values than we know. The code that is generated for it
/// leaves null in a member that is left out, whatever its initial value: hence <c>field ?? []</c>.
/// </summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    RespectNullableAnnotations = true)]
[JsonSerializable(typeof(NeonProjectRequest))]
[JsonSerializable(typeof(NeonProjectUpdateRequest))]
[JsonSerializable(typeof(NeonEndpointUpdateRequest))]
[JsonSerializable(typeof(NeonProjectAnswer))]
[JsonSerializable(typeof(NeonProjectChange))]
[JsonSerializable(typeof(NeonCreatedProject))]
[JsonSerializable(typeof(NeonProjectPage))]
[JsonSerializable(typeof(NeonOperations))]
[JsonSerializable(typeof(NeonOperationAnswer))]
[JsonSerializable(typeof(NeonBranches))]
[JsonSerializable(typeof(NeonEndpoints))]
[JsonSerializable(typeof(NeonEndpointChange))]
[JsonSerializable(typeof(NeonPassword))]
[JsonSerializable(typeof(NeonConnectionUri))]
[JsonSerializable(typeof(NeonConsumptionPage))]
[JsonSerializable(typeof(NeonError))]
internal sealed partial class NeonJson : JsonSerializerContext;
