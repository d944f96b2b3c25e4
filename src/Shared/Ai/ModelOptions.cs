using System.ComponentModel.DataAnnotations;

namespace Freehold.Ai;

/// <summary>Who computes the vectors of a model.</summary>
public enum EmbeddingProvider
{
    /// <summary>This program: words, hashed. Only as <c>lexical-384</c>, to give it another weight or price.</summary>
    Lexical,

    /// <summary>Any endpoint that speaks as OpenAI's does.</summary>
    OpenAI,

    /// <summary>Azure OpenAI, with a managed identity or a key.</summary>
    AzureOpenAI,

    /// <summary>ONNX Runtime, in this process, from a folder.</summary>
    Onnx,
}

/// <summary>Settings of one model, below <c>Ai:Models:N</c>.</summary>
public sealed class ModelOptions : IValidatableObject
{
    /// <summary>Its name; kept with the vectors, so it must never come to mean another model.</summary>
    [Required, RegularExpression("^[a-z0-9][a-z0-9.-]{0,62}$", ErrorMessage = "A model's Id has 1 to 63 characters 'a-z 0-9 . -', a letter or digit first.")]
    public required string Id { get; set; }

    /// <summary>Who computes.</summary>
    [Required]
    public EmbeddingProvider? Provider { get; set; }

    /// <summary>Address of the endpoint. Azure OpenAI: of the account. Others: up to and with <c>/v1</c>, where they have it.</summary>
    public Uri? Endpoint { get; set; }

    /// <summary>Key of the endpoint. Azure OpenAI without one: the managed identity. Others without one: no authorization is sent.</summary>
    public string? ApiKey { get; set; }

    /// <summary>Name of the model, or deployment, at the endpoint. Default the id.</summary>
    public string? Deployment { get; set; }

    /// <summary>Folder of an ONNX model: <c>model.onnx</c> and <c>vocab.txt</c> or <c>tokenizer.json</c>.</summary>
    public string? Folder { get; set; }

    /// <summary>Length of the vectors, 1 to 4,000. An answer of another length is refused.</summary>
    [Range(1, 4000)]
    public int? Dimensions { get; set; }

    /// <summary>Whether the endpoint is asked for vectors of that length, which few models can shorten. Default no.</summary>
    public bool RequestDimensions { get; set; }

    /// <summary>Weight of its ranking beside the lexical one, whose weight is 1. Default 1; 0.1 for <c>lexical-384</c>.</summary>
    [Range(0.0, 100.0)]
    public double? DenseWeight { get; set; }

    /// <summary>Most texts in a request. Default 96; 16 for ONNX.</summary>
    [Range(1, 2048)]
    public int? MaxBatchChunks { get; set; }

    /// <summary>Most tokens in a request, and never more than <see cref="TokensPerMinute"/>. Default 32,000.</summary>
    [Range(1, 1_000_000)]
    public int MaxBatchTokens { get; set; } = 32_000;

    /// <summary>Most tokens of a text; the rest is not embedded. Default 8,000; 512 for ONNX.</summary>
    [Range(8, 1_000_000)]
    public int? MaxInputTokens { get; set; }

    /// <summary>Tokens a minute that this host sends. Default no limit.</summary>
    [Range(1, int.MaxValue)]
    public int? TokensPerMinute { get; set; }

    /// <summary>Requests a minute that this host sends. Default no limit.</summary>
    [Range(1, int.MaxValue)]
    public int? RequestsPerMinute { get; set; }

    /// <summary>Requests at a time, from this host. Default 8; 1 for ONNX.</summary>
    [Range(1, 256)]
    public int? ConcurrentRequests { get; set; }

    /// <summary>What is put before a query, for models that want it, for example <c>query: </c>. Default nothing.</summary>
    public string QueryPrefix { get; set; } = string.Empty;

    /// <summary>What is put before a document's text, for example <c>passage: </c>. Default nothing.</summary>
    public string DocumentPrefix { get; set; } = string.Empty;

    /// <summary>Price of a million tokens. Default unknown.</summary>
    [Range(0.0, 1_000_000.0)]
    public decimal? PricePerMillionTokens { get; set; }

    /// <summary>What counts tokens: <c>cl100k_base</c> (default) or <c>o200k_base</c>. An ONNX folder brings its own.</summary>
    [AllowedValues(Tokenizers.Cl100KName, Tokenizers.O200KName, ErrorMessage = "A model's Tokenizer is 'cl100k_base' or 'o200k_base'.")]
    public string Tokenizer { get; set; } = Tokenizers.Cl100KName;

    /// <summary>How long one attempt may take. Default 30 s.</summary>
    [Range(typeof(TimeSpan), "00:00:00.1", "00:10:00")]
    public TimeSpan AttemptTimeout { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>How long a request for documents may take, with waiting for its turn and all attempts. Default 2 min.</summary>
    [Range(typeof(TimeSpan), "00:00:00.1", "00:10:00")]
    public TimeSpan TotalTimeout { get; set; } = TimeSpan.FromMinutes(2);

    /// <summary>The same for a query, for which somebody waits. Default 10 s.</summary>
    [Range(typeof(TimeSpan), "00:00:00.1", "00:10:00")]
    public TimeSpan QueryTimeout { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>Pause before the second attempt, doubled for each further one, unless the endpoint names one. Default 1 s.</summary>
    [Range(typeof(TimeSpan), "00:00:00.001", "00:01:00")]
    public TimeSpan FirstPause { get; set; } = TimeSpan.FromSeconds(1);

    /// <summary>How long a model that fails too often is left alone before one request tries again. Default 15 s.</summary>
    [Range(typeof(TimeSpan), "00:00:00.5", "00:10:00")]
    public TimeSpan BreakDuration { get; set; } = TimeSpan.FromSeconds(15);

    /// <inheritdoc/>
    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext) => ModelChecks.Of(this);
}
