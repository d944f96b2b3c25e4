using System.Reflection;
using Azure.Storage.Blobs;
using Freehold.LocalHost.BlobTriggers;
using Microsoft.AspNetCore.Http;

namespace Freehold.LocalHost.Invocation;

/// <summary>What each trigger may be declared like: no more than what both hosts offer.</summary>
internal static class TriggerRules
{
    public static Attribute? TriggerOf(ParameterInfo parameter) => parameter.GetCustomAttributes().SingleOrDefault(attribute =>
        attribute is HttpTriggerAttribute or BlobTriggerAttribute or ServiceBusTriggerAttribute or TimerTriggerAttribute);

    public static void Check(MethodInfo method, ParameterInfo parameter, Attribute trigger)
    {
        (Type type, string? objection) = trigger switch
        {
            HttpTriggerAttribute http => (typeof(HttpRequest), OfHttp(http)),
            BlobTriggerAttribute blob => (typeof(BlobClient), OfBlob(blob)),
            ServiceBusTriggerAttribute queue => (typeof(string), OfQueue(queue)),
            _ => (typeof(TimerInfo), null),
        };

        if (parameter.ParameterType != type)
        {
            throw new FunctionShapeException(method, $"its trigger binds to {type.Name}");
        }

        if (objection is not null)
        {
            throw new FunctionShapeException(method, objection);
        }
    }

    private static string? OfHttp(HttpTriggerAttribute http) =>
        http.AuthLevel == AuthorizationLevel.Anonymous ? null : "it must be Anonymous, since function keys are not checked here";

    private static string? OfBlob(BlobTriggerAttribute blob) => blob switch
    {
        { Source: not BlobTriggerSource.EventGrid } => "its Source must be EventGrid, since Flex Consumption offers nothing else",
        { Connection: null } => "its trigger needs a Connection",
        _ when BlobPattern.ContainerOf(blob) is null => "its path must be 'container/{name}'",
        _ => null,
    };

    private static string? OfQueue(ServiceBusTriggerAttribute queue) => queue switch
    {
        { IsBatched: true } => "batches are not served here",
        { Connection: null } => "its trigger needs a Connection",
        _ => null,
    };
}
