using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.Options;

namespace Freehold.Ingestion;

/// <summary>What may be read, and how it is cut into chunks.</summary>
public sealed class IngestionOptions : IValidatableObject
{
    /// <summary>Largest document that is read, in bytes, where its format must be in memory as a whole. Default 64 MiB.</summary>
    [Range(1, 1 << 30)]
    public int MaxDocumentBytes { get; set; } = 64 << 20;

    /// <summary>Largest document that is read, in bytes, where its format can be read as it comes in: text, CSV, JSON Lines. Default 1 GiB.</summary>
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

    /// <summary>Most pages of a PDF, slides of a presentation or sheets of a workbook. Default 10,000.</summary>
    [Range(1, 1_000_000)]
    public int MaxPages { get; set; } = 10_000;

    /// <summary>Most bytes that all parts of a zipped document may unpack to. Default 256 MiB.</summary>
    [Range(1, int.MaxValue)]
    public int MaxUnpackedBytes { get; set; } = 256 << 20;

    /// <summary>How many times its packed size a part of a zipped document may unpack to, if it is over 1 MiB. Default 200.</summary>
    [Range(2, 2_000)]
    public int MaxUnpackRatio { get; set; } = 200;

    /// <summary>Most entries of a ZIP archive, each of which becomes a document. Default 10,000.</summary>
    [Range(1, 1_000_000)]
    public int MaxArchiveEntries { get; set; } = 10_000;

    /// <summary>Most bytes that the entries of a ZIP archive may unpack to. Default 1 GiB.</summary>
    [Range(1, 1L << 40)]
    public long MaxArchiveBytes { get; set; } = 1 << 30;

    /// <summary>How deep archives may lie in archives, in levels; 1 unpacks none that lies in another. Default 1.</summary>
    [Range(1, 5)]
    public int MaxArchiveNesting { get; set; } = 1;

    /// <summary>Most entries of the package that a document of Word, Excel or PowerPoint is. Default 20,000.</summary>
    [Range(1, 1_000_000)]
    public int MaxPackageEntries { get; set; } = 20_000;

    /// <summary>How deep the values of JSON and the parts of a message may be nested, in levels. Default 64.</summary>
    [Range(1, 500)]
    public int MaxNesting { get; set; } = 64;

    /// <summary>Most attachments of a message that are read, those of messages in it included. Default 100.</summary>
    [Range(0, 10_000)]
    public int MaxAttachments { get; set; } = 100;

    /// <summary>How deep messages may be attached to messages, in levels. Default 5.</summary>
    [Range(0, 50)]
    public int MaxAttachedMessages { get; set; } = 5;

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

    /// <summary>
    /// How long a document waits whose host has died while it was at work on it. Default 5 min, 30 s to 30 min. A fifth of it must be
    /// left when an attempt publishes, and after a fifth one that goes on renews its claim.
    /// </summary>
    [Range(typeof(TimeSpan), "00:00:30", "00:30:00")]
    public TimeSpan Lease { get; set; } = TimeSpan.FromMinutes(5);

    /// <summary>How long a wake-up may wait in a busy queue before it counts as lost, and is sent again. Default 2 min.</summary>
    [Range(typeof(TimeSpan), "00:00:05", "01:00:00")]
    public TimeSpan WakeUpPatience { get; set; } = TimeSpan.FromMinutes(2);

    /// <summary>How often every tenant's blobs are compared with its documents. Default 15 min.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "7.00:00:00")]
    public TimeSpan SweepInterval { get; set; } = TimeSpan.FromMinutes(15);

    /// <summary>What has changed since is left to the events that are under way. Default 5 min.</summary>
    [Range(typeof(TimeSpan), "00:00:00", "1.00:00:00")]
    public TimeSpan SweepGrace { get; set; } = TimeSpan.FromMinutes(5);

    /// <summary>Most callers that follow a tenant's documents at a time, on each host. Default 10.</summary>
    [Range(0, 1_000)]
    public int EventStreamsPerTenant { get; set; } = 10;

    /// <inheritdoc/>
    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (ChunkTarget > ChunkMaximum)
        {
            yield return new ValidationResult(
                $"{nameof(ChunkTarget)} must not exceed {nameof(ChunkMaximum)}.", [nameof(ChunkTarget), nameof(ChunkMaximum)]);
        }

        if (MaxReadTime > Lease * 4 / 5)
        {
            yield return new ValidationResult(
                $"{nameof(MaxReadTime)} must not exceed four fifths of {nameof(Lease)}.", [nameof(MaxReadTime), nameof(Lease)]);
        }
    }
}

/// <summary>Checks <see cref="IngestionOptions"/> when the host starts.</summary>
[OptionsValidator]
internal sealed partial class IngestionOptionsValidator : IValidateOptions<IngestionOptions>;
