using System.ComponentModel.DataAnnotations;
using Freehold.Ai.Onnx;

namespace Freehold.Ai.Reranking;

/// <summary>Who says how well passages answer.</summary>
public enum RerankerProvider
{
    /// <summary>An endpoint that speaks as Cohere's and Jina's do: <c>POST {endpoint}/rerank</c>.</summary>
    Http,

    /// <summary>ONNX Runtime, in this process, with a cross-encoder from a folder.</summary>
    Onnx,
}

/// <summary>Settings of the model that puts passages in order, below <c>Ai:Reranker</c>.</summary>
public sealed class RerankerOptions : IValidatableObject
{
    /// <summary>Who computes.</summary>
    [Required]
    public RerankerProvider? Provider { get; set; }

    /// <summary>Address of the endpoint, up to and with <c>/v1</c> or <c>/v2</c>, where it has that; without <c>/rerank</c>.</summary>
    public Uri? Endpoint { get; set; }

    /// <summary>Name of the model at the endpoint; of an ONNX model, for the log. Default for ONNX: its folder's name.</summary>
    public string? Model { get; set; }

    /// <summary>Key of the endpoint. Without one no authorization is sent.</summary>
    public string? ApiKey { get; set; }

    /// <summary>Folder of an ONNX cross-encoder: <c>model.onnx</c> and <c>vocab.txt</c> or <c>tokenizer.json</c>.</summary>
    public string? Folder { get; set; }

    /// <summary>How many of a search's best passages it puts in order. Default 50.</summary>
    [Range(2, 1_000)]
    public int Candidates { get; set; } = 50;

    /// <summary>ONNX: most tokens of a query and a passage together. Default 512.</summary>
    [Range(16, 8_192)]
    public int MaxInputTokens { get; set; } = OnnxModel.DefaultInputTokens;

    /// <summary>Searches at a time, from this host. Default 8; 1 for ONNX.</summary>
    [Range(1, 256)]
    public int? ConcurrentRequests { get; set; }

    /// <summary>How long one attempt may take. Default 2 s.</summary>
    [Range(typeof(TimeSpan), "00:00:00.01", "00:10:00")]
    public TimeSpan AttemptTimeout { get; set; } = TimeSpan.FromSeconds(2);

    /// <summary>How long a search waits for it, all attempts included, before it answers without. Default 3 s.</summary>
    [Range(typeof(TimeSpan), "00:00:00.01", "00:10:00")]
    public TimeSpan TotalTimeout { get; set; } = TimeSpan.FromSeconds(3);

    /// <summary>Pause before the second attempt, doubled for the third, unless the endpoint names one. Default 0.1 s.</summary>
    [Range(typeof(TimeSpan), "00:00:00.001", "00:01:00")]
    public TimeSpan FirstPause { get; set; } = TimeSpan.FromSeconds(0.1);

    /// <summary>How long a model that fails too often is left alone before one search tries again. Default 15 s.</summary>
    [Range(typeof(TimeSpan), "00:00:00.5", "00:10:00")]
    public TimeSpan BreakDuration { get; set; } = TimeSpan.FromSeconds(15);

    /// <summary>What it is called in the log.</summary>
    internal string Name => Model ?? Path.GetFileName(Path.TrimEndingDirectorySeparator(Folder ?? "reranker"));

    /// <inheritdoc/>
    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        IEnumerable<string> problems = Provider switch
        {
            RerankerProvider.Http => ModelChecks.Endpoint(Endpoint, ApiKey, isAzure: false)
                .Concat(string.IsNullOrEmpty(Model) ? ["set Model to the model's name at the endpoint."] : []),
            RerankerProvider.Onnx => ModelChecks.Folder(Folder),
            _ => [],
        };
        return problems.Select(problem => new ValidationResult($"Ai:Reranker: {problem}"));
    }
}
