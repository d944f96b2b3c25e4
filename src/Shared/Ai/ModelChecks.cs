using System.ComponentModel.DataAnnotations;

namespace Freehold.Ai;

/// <summary>What the settings of a model must be together.</summary>
internal static class ModelChecks
{
    public static IEnumerable<ValidationResult> Of(ModelOptions model)
    {
        IEnumerable<string> problems = model.Provider switch
        {
            EmbeddingProvider.Lexical => Lexical(model),
            EmbeddingProvider.Onnx => Folder(model.Folder),
            EmbeddingProvider.OpenAI or EmbeddingProvider.AzureOpenAI => Remote(model),
            _ => [],
        };
        if (model.Provider != EmbeddingProvider.Lexical)
        {
            problems = problems.Concat(NotLexical(model));
        }

        return problems.Select(problem => new ValidationResult($"The model '{model.Id}': {problem}"));
    }

    private static IEnumerable<string> NotLexical(ModelOptions model)
    {
        if (model.Dimensions is null)
        {
            yield return "set Dimensions to the length of its vectors.";
        }

        if (model.Id == LexicalEmbedder.ModelId)
        {
            yield return "this id is the embedded model's; give it another.";
        }
    }

    private static IEnumerable<string> Lexical(ModelOptions model)
    {
        if (model.Id != LexicalEmbedder.ModelId || (model.Dimensions ?? LexicalEmbedder.Dimensions) != LexicalEmbedder.Dimensions)
        {
            yield return $"the provider Lexical has one model, '{LexicalEmbedder.ModelId}', of {LexicalEmbedder.Dimensions} dimensions.";
        }
    }

    /// <summary>What the folder of an ONNX model must be.</summary>
    public static IEnumerable<string> Folder(string? folder)
    {
        if (string.IsNullOrEmpty(folder))
        {
            yield return "set Folder to the folder with model.onnx and vocab.txt or tokenizer.json.";
        }
        else if (!Directory.Exists(folder))
        {
            yield return $"the folder '{folder}' does not exist.";
        }
    }

    /// <summary>What the address and the key of an endpoint must be together.</summary>
    public static IEnumerable<string> Endpoint(Uri? endpoint, string? apiKey, bool isAzure)
    {
        if (endpoint is null)
        {
            yield return "set Endpoint to the address of its endpoint.";
        }
        else if (!endpoint.IsAbsoluteUri || (endpoint.Scheme != Uri.UriSchemeHttps && endpoint.Scheme != Uri.UriSchemeHttp))
        {
            yield return "Endpoint must begin with https:// (or with http:// on this machine).";
        }
        else if (endpoint.Scheme == Uri.UriSchemeHttp && !endpoint.IsLoopback && !string.IsNullOrEmpty(apiKey))
        {
            yield return "a key must not travel over http to another machine; use https.";
        }
        else if (endpoint.Scheme == Uri.UriSchemeHttp && isAzure && string.IsNullOrEmpty(apiKey))
        {
            yield return "a managed identity needs https.";
        }
    }

    private static IEnumerable<string> Remote(ModelOptions model)
    {
        foreach (string problem in Endpoint(model.Endpoint, model.ApiKey, model.Provider == EmbeddingProvider.AzureOpenAI))
        {
            yield return problem;
        }

        if ((model.MaxInputTokens ?? EmbeddingProviders.RemoteInputTokens) > model.MaxBatchTokens)
        {
            yield return "MaxInputTokens is more than MaxBatchTokens, so the longest text would fit no request.";
        }
    }
}
