using System.ClientModel;
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
    private readonly string _model;
    private readonly int? _dimensions;
    private readonly Client _client;

    public OpenAIEmbedder(ModelOptions options)
    {
        _model = options.Id;
        _dimensions = options.RequestDimensions ? options.Dimensions : null;
        bool isAzure = options.Provider == EmbeddingProvider.AzureOpenAI;

        // The pipeline's attempt time-out comes first.
        OpenAIClientOptions settings = OpenAIConnection.Options(options.Endpoint!, isAzure, options.AttemptTimeout * 2);
#pragma warning disable OPENAI001 // See OpenAIConnection.
        _client = new Client(options.Deployment ?? options.Id, OpenAIConnection.Authentication(options.ApiKey, isAzure), settings);
#pragma warning restore OPENAI001
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
            throw EndpointFailures.Of(_model, exception);
        }
        catch (Exception exception) when (exception is IOException or HttpRequestException or AuthenticationFailedException)
        {
            throw EndpointFailures.Unreachable(_model, exception);
        }
        catch (OperationCanceledException exception) when (!cancellationToken.IsCancellationRequested)
        {
            throw EndpointFailures.Unreachable(_model, exception);
        }
        catch (Exception exception) when (exception is not OperationCanceledException)
        {
            // The package meets what is no answer with whatever it stumbles over, a null reference among them, and the message may
            // repeat a piece of the answer.
            throw EndpointFailures.Unintelligible(_model, exception.GetType());
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
                throw EndpointFailures.Unintelligible(_model, typeof(OpenAIEmbedding));
            }

            embeddings.Add(new Embedding<float>(embedding.ToFloats()) { ModelId = _model });
        }

        if (answer.Usage is { InputTokenCount: > 0 } usage)
        {
            embeddings.Usage = new UsageDetails { InputTokenCount = usage.InputTokenCount, TotalTokenCount = usage.TotalTokenCount };
        }

        return embeddings;
    }
}
