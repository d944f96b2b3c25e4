using System.Text.Json;
using System.Text.Json.Serialization;

namespace Freehold.Provisioning.ModelChange;

/// <summary>How far a change of model has come, in its operation's details.</summary>
/// <param name="Model">The model that it leads to.</param>
/// <param name="Done">Passages that it has embedded.</param>
/// <param name="Total">Passages that there were when the last turn began.</param>
internal sealed record ModelChangeProgress(string Model, long Done, long Total);

[JsonSourceGenerationOptions(JsonSerializerDefaults.Web)]
[JsonSerializable(typeof(ModelChangeProgress))]
internal sealed partial class ModelChangeJson : JsonSerializerContext;
