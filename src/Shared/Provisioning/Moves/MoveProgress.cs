using System.Text.Json.Serialization;

namespace Freehold.Provisioning.Moves;

/// <summary>How far a move has come.</summary>
/// <param name="From">The provider that has the database.</param>
/// <param name="To">The one that is to have it.</param>
/// <param name="Copied">Documents that are copied.</param>
/// <param name="Documents">Documents there are.</param>
internal sealed record MoveProgress(string From, string To, int Copied, int Documents)
{
    /// <summary>The region that is left; null where the tenant stays in its own.</summary>
    public string? FromRegion { get; init; }

    /// <summary>The one that it goes to.</summary>
    public string? ToRegion { get; init; }
}

/// <summary>How far a move to another region has come with what is in blob storage.</summary>
/// <param name="CopiedBlobs">Blobs that are copied.</param>
/// <param name="Blobs">Blobs there are.</param>
internal sealed record BlobProgress(int CopiedBlobs, int Blobs);

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(MoveProgress))]
[JsonSerializable(typeof(BlobProgress))]
internal sealed partial class MoveJson : JsonSerializerContext;
