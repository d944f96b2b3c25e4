using System.ClientModel;
using System.ClientModel.Primitives;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Freehold.Ai.Reranking;

/// <summary>
/// Asks an endpoint that speaks as Cohere's (v1 and v2), Jina's and vLLM's do: https://docs.cohere.com/reference/rerank,
/// https://docs.vllm.ai/en/stable/serving/openai_compatible_server/. The texts go there, and nowhere else.
/// </summary>
internal sealed class HttpReranker : IReranker
{
    private readonly string _model;
    private readonly Uri _address;
    private readonly ClientPipeline _pipeline;

    public HttpReranker(RerankerOptions options)
    {
        _model = options.Model!;
        _address = new Uri(options.Endpoint!.AbsoluteUri.TrimEnd('/') + "/rerank");

        // The caller's attempt time-out comes first.
        _pipeline = ClientPipeline.Create(
            new ClientPipelineOptions { RetryPolicy = new ClientRetryPolicy(maxRetries: 0), NetworkTimeout = options.AttemptTimeout * 2 },
            perCallPolicies: [OpenAIConnection.Authentication(options.ApiKey, isAzure: false)],
            perTryPolicies: [],
            beforeTransportPolicies: []);
    }

    /// <inheritdoc/>
    public async Task<IReadOnlyList<double>> ScoreAsync(string query, IReadOnlyList<string> texts, CancellationToken cancellationToken)
    {
        try
        {
            return Read(await AskAsync(new RerankQuestion(_model, query, texts, texts.Count), cancellationToken), texts.Count);
        }
        catch (ClientResultException exception)
        {
            throw EndpointFailures.Of(_model, exception);
        }
        catch (Exception exception) when (exception is IOException or HttpRequestException)
        {
            throw EndpointFailures.Unreachable(_model, exception);
        }
        catch (OperationCanceledException exception) when (!cancellationToken.IsCancellationRequested)
        {
            throw EndpointFailures.Unreachable(_model, exception);
        }
        catch (JsonException)
        {
            throw EndpointFailures.Unintelligible(_model, typeof(JsonException));
        }
    }

    /// <summary>Has nothing to free: connections belong to the package.</summary>
    public void Dispose()
    {
    }

    private async Task<BinaryData> AskAsync(RerankQuestion question, CancellationToken cancellationToken)
    {
        using PipelineMessage message = _pipeline.CreateMessage();
        message.Apply(new RequestOptions { CancellationToken = cancellationToken });
        message.Request.Method = "POST";
        message.Request.Uri = _address;
        message.Request.Headers.Set("Content-Type", "application/json");
        message.Request.Headers.Set("Accept", "application/json");
        message.Request.Content = BinaryContent.Create(
            BinaryData.FromBytes(JsonSerializer.SerializeToUtf8Bytes(question, RerankJson.Default.RerankQuestion)));
        await _pipeline.SendAsync(message);
        PipelineResponse response = message.Response!;
        return response.Status == 200 ? response.Content : throw new ClientResultException(response);
    }

    /// <summary>The results come best first, and each says which text it is of.</summary>
    private double[] Read(BinaryData body, int texts)
    {
        RerankAnswer answer = JsonSerializer.Deserialize(body, RerankJson.Default.RerankAnswer) ?? throw Wrong("nothing");
        if (answer.Results.Count != texts)
        {
            throw Wrong($"{answer.Results.Count} results for {texts} texts");
        }

        double?[] scores = new double?[texts];
        foreach (RerankResult result in answer.Results)
        {
            if (result.Index < 0 || result.Index >= texts || scores[result.Index] is not null)
            {
                throw Wrong($"a result for the text {result.Index} of {texts}, which is none or has one already");
            }

            scores[result.Index] = result.RelevanceScore;
        }

        return [.. scores.Select(score => score!.Value)];
    }

    private ModelException Wrong(string what) =>
        new(ModelFailure.Permanent, $"The model {_model} answered {what}. Check Endpoint, and whether it reranks.") { NeedsOperator = true };
}

/// <summary>What is asked. <paramref name="TopN"/> is the number of texts: every one of them gets a score.</summary>
internal sealed record RerankQuestion(string Model, string Query, IReadOnlyList<string> Documents, int TopN);

/// <summary>What is answered; other members are passed over.</summary>
internal sealed class RerankAnswer
{
    public required IReadOnlyList<RerankResult> Results { get; init; }
}

/// <summary>The score of one text.</summary>
internal readonly record struct RerankResult
{
    public required int Index { get; init; }

    public required double RelevanceScore { get; init; }
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, RespectNullableAnnotations = true)]
[JsonSerializable(typeof(RerankQuestion))]
[JsonSerializable(typeof(RerankAnswer))]
internal sealed partial class RerankJson : JsonSerializerContext;
