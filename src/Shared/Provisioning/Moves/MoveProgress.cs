using System.Text.Json.Serialization;

namespace Freehold.Provisioning.Moves;

/// <summary>How far a move has come.</summary>
/// <param name="From">The provider that has the database.</param>
/// <param name="To">The one that is to have it.</param>
/// <param name="Copied">Documents that are copied.</param>
/// <param name="Documents">Documents there are.</param>
internal sealed record MoveProgress(string From, string To, int Copied, int Documents);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(MoveProgress))]
internal sealed partial class MoveJson : JsonSerializerContext;
