using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.Options;

namespace Freehold.Ingestion;

/// <summary>What may be read, and how it is cut into chunks.</summary>
public sealed class IngestionOptions : IValidatableObject
{
    /// <summary>Largest document of a format that is held in memory to be read, in bytes. Default 64 MiB.</summary>
    [Range(1, 1 << 30)]
    public int MaxDocumentBytes { get; set; } = 64 << 20;

    /// <summary>Largest document of a format that is read in one pass (text, rows), in bytes. Default 1 GiB.</summary>
    [Range(1, 1L << 40)]
    public long MaxStreamedBytes { get; set; } = 1 << 30;

    /// <summary>Largest body of an upload through the API, in bytes. Default 64 MiB.</summary>
    [Range(1, 1L << 40)]
    public long MaxUploadBytes { get; set; } = 64 << 20;

    /// <summary>How long a link for an upload straight to storage is good. Default 1 h, 1 min to 24 h.</summary>
    [Range(typeof(TimeSpan), "00:01:00", "1.00:00:00")]
    public TimeSpan UploadLifetime { get; set; } = TimeSpan.FromHours(1);

    /// <summary>Most text that is taken from one document that is held in memory, in UTF-16 code units. Default 32 Mi.</summary>
    [Range(1, 256 << 20)]
    public int MaxExtractedCharacters { get; set; } = 32 << 20;

    /// <summary>Most pages of a PDF. Default 10,000.</summary>
    [Range(1, 1_000_000)]
    public int MaxPages { get; set; } = 10_000;

    /// <summary>Most bytes that all parts of a zipped document may unpack to. Default 256 MiB.</summary>
    [Range(1, int.MaxValue)]
    public int MaxUnpackedBytes { get; set; } = 256 << 20;

    /// <summary>How many times its packed size a part of a zipped document may unpack to, if it is over 1 MiB. Default 200.</summary>
    [Range(2, 2_000)]
    public int MaxUnpackRatio { get; set; } = 200;

    /// <summary>Longest time that a document, or a part of one that is read in one pass, may take to be read. Default 60 s.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "00:04:00")]
    public TimeSpan MaxReadTime { get; set; } = TimeSpan.FromSeconds(60);

    /// <summary>Size that chunks aim at, in tokens of the embedding model. Default 300.</summary>
    [Range(20, 8_000)]
    public int ChunkTarget { get; set; } = 300;

    /// <summary>Size that no chunk exceeds, in tokens of the embedding model. Default 512.</summary>
    [Range(30, 16_000)]
    public int ChunkMaximum { get; set; } = 512;

    /// <summary>Most that a chunk repeats of the sentences before it, in tokens; they are repeated whole or not at all. Default 0.</summary>
    [Range(0, 1_000)]
    public int ChunkOverlap { get; set; }

    /// <inheritdoc/>
    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (ChunkTarget > ChunkMaximum)
        {
            yield return new ValidationResult(
                $"{nameof(ChunkTarget)} must not exceed {nameof(ChunkMaximum)}.", [nameof(ChunkTarget), nameof(ChunkMaximum)]);
        }
    }
}

/// <summary>Checks <see cref="IngestionOptions"/> when the host starts.</summary>
[OptionsValidator]
internal sealed partial class IngestionOptionsValidator : IValidateOptions<IngestionOptions>;
