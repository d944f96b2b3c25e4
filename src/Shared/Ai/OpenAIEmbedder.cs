using System.ClientModel;
using System.ClientModel.Primitives;
using Azure.Identity;
using Microsoft.Extensions.AI;
using OpenAI;
using OpenAI.Embeddings;
using Client = OpenAI.Embeddings.EmbeddingClient;
using ClientOptions = OpenAI.Embeddings.EmbeddingGenerationOptions;
using EmbeddingGenerationOptions = Microsoft.Extensions.AI.EmbeddingGenerationOptions;

namespace Freehold.Ai;

/// <summary>Asks an endpoint that speaks as OpenAI's does, Azure OpenAI among them. Each call is one request; nothing is tried again here.</summary>
internal sealed class OpenAIEmbedder : IEmbeddingGenerator<string, Embedding<float>>
{
    private const string AzurePath = "openai/v1/";
    private const string AzureScope = "https://cognitiveservices.azure.com/.default";

    private readonly string _model;
    private readonly int? _dimensions;
    private readonly Client _client;

    public OpenAIEmbedder(ModelOptions options)
    {
        _model = options.Id;
        _dimensions = options.RequestDimensions ? options.Dimensions : null;
        OpenAIClientOptions settings = new()
        {
            Endpoint = AddressOf(options),
            RetryPolicy = new ClientRetryPolicy(maxRetries: 0),

            // The pipeline's attempt time-out comes first.
            NetworkTimeout = options.AttemptTimeout * 2,
        };
        string deployment = options.Deployment ?? options.Id;
        if (!string.IsNullOrEmpty(options.ApiKey))
        {
            _client = new Client(deployment, new ApiKeyCredential(options.ApiKey), settings);
        }
        else
        {
#pragma warning disable OPENAI001 // The way that OpenAI's package documents for Azure, and the only one to send no key at all.
            _client = new Client(
                deployment,
                options.Provider == EmbeddingProvider.AzureOpenAI
                    ? new BearerTokenPolicy(new DefaultAzureCredential(), AzureScope)
                    : new NoAuthentication(),
                settings);
#pragma warning restore OPENAI001
        }
    }

    /// <inheritdoc/>
    public async Task<GeneratedEmbeddings<Embedding<float>>> GenerateAsync(
        IEnumerable<string> values, EmbeddingGenerationOptions? options = null, CancellationToken cancellationToken = default)
    {
        OpenAIEmbeddingCollection answer = await AskAsync(values, cancellationToken);
        return Read(answer);
    }

    /// <inheritdoc/>
    public object? GetService(Type serviceType, object? serviceKey = null) =>
        serviceKey is null && serviceType.IsInstanceOfType(this) ? this : null;

    /// <summary>Has nothing to free: connections belong to the package.</summary>
    public void Dispose()
    {
    }

    private async Task<OpenAIEmbeddingCollection> AskAsync(IEnumerable<string> texts, CancellationToken cancellationToken)
    {
        try
        {
            // New options for every request: the package puts the texts into them.
            return await _client.GenerateEmbeddingsAsync(texts, new ClientOptions { Dimensions = _dimensions }, cancellationToken);
        }
        catch (ClientResultException exception)
        {
            throw OpenAIFailures.Of(_model, exception);
        }
        catch (Exception exception) when (exception is IOException or HttpRequestException or AuthenticationFailedException)
        {
            throw OpenAIFailures.Unreachable(_model, exception);
        }
        catch (OperationCanceledException exception) when (!cancellationToken.IsCancellationRequested)
        {
            throw OpenAIFailures.Unreachable(_model, exception);
        }
        catch (Exception exception) when (exception is not OperationCanceledException)
        {
            // The package meets what is no answer with whatever it stumbles over, a null reference among them, and the message may
            // repeat a piece of the answer.
            throw OpenAIFailures.Unintelligible(_model, exception.GetType());
        }
    }

    private GeneratedEmbeddings<Embedding<float>> Read(OpenAIEmbeddingCollection answer)
    {
        GeneratedEmbeddings<Embedding<float>> embeddings = [];
        foreach (OpenAIEmbedding embedding in answer.OrderBy(embedding => embedding.Index))
        {
            // In another order, a text would get its neighbour's vector.
            if (embedding.Index != embeddings.Count)
            {
                throw OpenAIFailures.Unintelligible(_model, typeof(OpenAIEmbedding));
            }

            embeddings.Add(new Embedding<float>(embedding.ToFloats()) { ModelId = _model });
        }

        if (answer.Usage is { InputTokenCount: > 0 } usage)
        {
            embeddings.Usage = new UsageDetails { InputTokenCount = usage.InputTokenCount, TotalTokenCount = usage.TotalTokenCount };
        }

        return embeddings;
    }

    private static Uri AddressOf(ModelOptions options)
    {
        string address = options.Endpoint!.AbsoluteUri.TrimEnd('/') + '/';
        return new Uri(options.Provider == EmbeddingProvider.AzureOpenAI && !address.EndsWith(AzurePath, StringComparison.Ordinal)
            ? address + AzurePath
            : address);
    }

    private sealed class NoAuthentication : AuthenticationPolicy
    {
        public override void Process(PipelineMessage message, IReadOnlyList<PipelinePolicy> pipeline, int currentIndex) =>
            ProcessNext(message, pipeline, currentIndex);

        public override ValueTask ProcessAsync(PipelineMessage message, IReadOnlyList<PipelinePolicy> pipeline, int currentIndex) =>
            ProcessNextAsync(message, pipeline, currentIndex);
    }
}
