using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.Options;

namespace Freehold.LocalHost;

/// <summary>Settings of the local host, in the section <c>LocalHost</c>. The internal ones are fixed but for tests.</summary>
internal sealed class LocalHostOptions
{
    public const string Section = "LocalHost";

    /// <summary>Port on the loopback interface; 0 takes any free one. Default 7071.</summary>
    [Range(0, 65535)]
    public int Port { get; set; } = 7071;

    /// <summary>Folder of the receipts. Default <c>.local/localhost</c> under the current folder.</summary>
    [Required]
    public string DataFolder { get; set; } = Path.Combine(".local", "localhost");

    /// <summary>How long a received message is hidden from others; renewed at half time. Default 60 s.</summary>
    internal TimeSpan Visibility { get; set; } = TimeSpan.FromSeconds(60);

    /// <summary>How long running invocations may go on after a stop was asked for. Default 15 s.</summary>
    internal TimeSpan StopGrace { get; set; } = TimeSpan.FromSeconds(15);

    /// <summary>
    /// How many blobs are listed at a time, and of large folders in one listing. Default 1,250, which keeps Azurite busy for about an
    /// eighth of a second, and lists 10,000 blobs of one folder within 10 s.
    /// </summary>
    internal int ListingPage { get; set; } = 1250;

    /// <summary>Pause before a failed blob version is tried again; four times as long after every further failure. Default 1 s.</summary>
    internal TimeSpan FirstRetry { get; set; } = TimeSpan.FromSeconds(1);
}

[OptionsValidator]
internal sealed partial class LocalHostOptionsValidator : IValidateOptions<LocalHostOptions>;
