using System.ClientModel;
using System.ClientModel.Primitives;
using Azure.Identity;
using OpenAI;

namespace Freehold.Ai;

/// <summary>How an endpoint that speaks as OpenAI's does is reached: address, authorization, and no retries of the package's own.</summary>
internal static class OpenAIConnection
{
    private const string AzurePath = "openai/v1/";
    private const string AzureScope = "https://cognitiveservices.azure.com/.default";

    public static OpenAIClientOptions Options(Uri endpoint, bool isAzure, TimeSpan networkTimeout) => new()
    {
        Endpoint = AddressOf(endpoint, isAzure),
        RetryPolicy = new ClientRetryPolicy(maxRetries: 0),
        NetworkTimeout = networkTimeout,
    };

#pragma warning disable OPENAI001 // The way that OpenAI's package documents for Azure, and the only one to send no key at all.
    public static AuthenticationPolicy Authentication(string? apiKey, bool isAzure) =>
        !string.IsNullOrEmpty(apiKey) ? ApiKeyAuthenticationPolicy.CreateBearerAuthorizationPolicy(new ApiKeyCredential(apiKey))
        : isAzure ? new BearerTokenPolicy(new DefaultAzureCredential(), AzureScope)
        : new NoAuthentication();
#pragma warning restore OPENAI001

    private static Uri AddressOf(Uri endpoint, bool isAzure)
    {
        string address = endpoint.AbsoluteUri.TrimEnd('/') + '/';
        return new Uri(isAzure && !address.EndsWith(AzurePath, StringComparison.Ordinal) ? address + AzurePath : address);
    }

    private sealed class NoAuthentication : AuthenticationPolicy
    {
        public override void Process(PipelineMessage message, IReadOnlyList<PipelinePolicy> pipeline, int currentIndex) =>
            ProcessNext(message, pipeline, currentIndex);

        public override ValueTask ProcessAsync(PipelineMessage message, IReadOnlyList<PipelinePolicy> pipeline, int currentIndex) =>
            ProcessNextAsync(message, pipeline, currentIndex);
    }
}
