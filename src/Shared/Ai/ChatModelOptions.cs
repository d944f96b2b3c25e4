using System.ComponentModel.DataAnnotations;

namespace Freehold.Ai;

/// <summary>Who runs the chat model.</summary>
public enum ChatProvider
{
    /// <summary>Any endpoint that speaks as OpenAI's does.</summary>
    OpenAI,

    /// <summary>Azure OpenAI, with a managed identity or a key.</summary>
    AzureOpenAI,
}

/// <summary>Settings of the model that writes answers, below <c>Ai:Chat</c>.</summary>
public sealed class ChatModelOptions : IValidatableObject
{
    /// <summary>Who runs it.</summary>
    [Required]
    public ChatProvider? Provider { get; set; }

    /// <summary>Address of the endpoint. Azure OpenAI: of the account. Others: up to and with <c>/v1</c>, where they have it.</summary>
    [Required]
    public Uri? Endpoint { get; set; }

    /// <summary>Name of the model, or deployment, at the endpoint.</summary>
    [Required]
    public string Model { get; set; } = string.Empty;

    /// <summary>Key of the endpoint. Azure OpenAI without one: the managed identity. Others without one: no authorization is sent.</summary>
    public string? ApiKey { get; set; }

    /// <summary>Most tokens of a prompt. Default 8,000.</summary>
    [Range(500, 2_000_000)]
    public int MaxInputTokens { get; set; } = 8_000;

    /// <summary>Most tokens of an answer. Default 800.</summary>
    [Range(16, 200_000)]
    public int MaxOutputTokens { get; set; } = 800;

    /// <summary>What counts tokens: <c>cl100k_base</c> (default) or <c>o200k_base</c>.</summary>
    [AllowedValues(Tokenizers.Cl100KName, Tokenizers.O200KName, ErrorMessage = "The chat model's Tokenizer is 'cl100k_base' or 'o200k_base'.")]
    public string Tokenizer { get; set; } = Tokenizers.Cl100KName;

    /// <summary>Answers that are written at a time, from this host. Default 16.</summary>
    [Range(1, 1_000)]
    public int ConcurrentRequests { get; set; } = 16;

    /// <summary>How long an attempt may take until the answer begins, and how long it may pause after that. Default 20 s.</summary>
    [Range(typeof(TimeSpan), "00:00:00.1", "00:10:00")]
    public TimeSpan AttemptTimeout { get; set; } = TimeSpan.FromSeconds(20);

    /// <summary>How long it may take until an answer begins, with waiting and all attempts; and how long it may be written. Default 1 min each.</summary>
    [Range(typeof(TimeSpan), "00:00:00.1", "00:30:00")]
    public TimeSpan TotalTimeout { get; set; } = TimeSpan.FromMinutes(1);

    /// <summary>Pause before the second attempt, doubled for each further one, unless the endpoint names one. Default 0.5 s.</summary>
    [Range(typeof(TimeSpan), "00:00:00.001", "00:01:00")]
    public TimeSpan FirstPause { get; set; } = TimeSpan.FromSeconds(0.5);

    /// <summary>How long a model that fails too often is left alone before one request tries again. Default 15 s.</summary>
    [Range(typeof(TimeSpan), "00:00:00.5", "00:10:00")]
    public TimeSpan BreakDuration { get; set; } = TimeSpan.FromSeconds(15);

    /// <inheritdoc/>
    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext) =>
        ModelChecks.Endpoint(Endpoint, ApiKey, Provider == ChatProvider.AzureOpenAI)
            .Select(problem => new ValidationResult($"Ai:Chat: {problem}"));
}
