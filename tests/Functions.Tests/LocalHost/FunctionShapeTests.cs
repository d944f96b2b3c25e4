using Azure.Storage.Blobs;
using Freehold.LocalHost.Invocation;
using Freehold.LocalHost.Worker;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Mvc;

namespace Freehold.Functions.Tests.LocalHost;

public sealed class FunctionShapeTests
{
    [Theory]
    [InlineData(typeof(ByKey), "Anonymous")]
    [InlineData(typeof(ByScan), "EventGrid")]
    [InlineData(typeof(BySuffix), "'container/{name}'")]
    [InlineData(typeof(InBatches), "batches")]
    [InlineData(typeof(ToTopic), "queue")]
    [InlineData(typeof(WithContent), "BlobClient")]
    [InlineData(typeof(WithStranger), "'stranger'")]
    [InlineData(typeof(WithoutRouteValue), "'tenant'")]
    [InlineData(typeof(WithNumber), "Int32")]
    [InlineData(typeof(WithoutTrigger), "exactly one")]
    [InlineData(typeof(AnswerWithoutRequest), "IActionResult")]
    public void A_function_that_Azure_or_this_host_could_not_serve_fails_the_start_and_says_why(Type type, string why)
    {
        FunctionShapeException exception = Assert.Throws<FunctionShapeException>(() => FunctionsApplication.CreateBuilder([], [type]));

        Assert.Contains(type.Name + ".Run", exception.Message, StringComparison.Ordinal);
        Assert.Contains(why, exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Two_functions_of_one_name_fail_the_start()
    {
        Assert.Throws<InvalidOperationException>(() => FunctionsApplication.CreateBuilder([], [typeof(OneName), typeof(OneName)]));
    }

#pragma warning disable CA1822 // Functions are instance methods.
    private sealed class ByKey
    {
        [Function("Shape")]
        public void Run([HttpTrigger(AuthorizationLevel.Function, "get")] HttpRequest request)
        {
        }
    }

    private sealed class ByScan
    {
        [Function("Shape")]
        public void Run([BlobTrigger("documents/{name}", Connection = "Storage")] BlobClient blob)
        {
        }
    }

    private sealed class BySuffix
    {
        [Function("Shape")]
        public void Run([BlobTrigger("documents/{name}.md", Connection = "Storage", Source = BlobTriggerSource.EventGrid)] BlobClient blob)
        {
        }
    }

    private sealed class InBatches
    {
        [Function("Shape")]
        public void Run([ServiceBusTrigger("documents", Connection = "ServiceBus", IsBatched = true)] string message)
        {
        }
    }

    private sealed class ToTopic
    {
        [Function("Shape")]
        [ServiceBusOutput("documents", ServiceBusEntityType.Topic, Connection = "ServiceBus")]
        public string Run([TimerTrigger("0 * * * * *")] TimerInfo timer) => "";
    }

    private sealed class WithContent
    {
        [Function("Shape")]
        public void Run([BlobTrigger("documents/{name}", Connection = "Storage", Source = BlobTriggerSource.EventGrid)] byte[] content)
        {
        }
    }

    private sealed class WithStranger
    {
        [Function("Shape")]
        public void Run([TimerTrigger("0 * * * * *")] TimerInfo timer, string stranger)
        {
        }
    }

    private sealed class WithoutRouteValue
    {
        [Function("Shape")]
        public void Run([HttpTrigger(AuthorizationLevel.Anonymous, "get", Route = "tenants/{id}")] HttpRequest request, string tenant)
        {
        }
    }

    private sealed class WithNumber
    {
        [Function("Shape")]
        public int Run([TimerTrigger("0 * * * * *")] TimerInfo timer) => 1;
    }

    private sealed class WithoutTrigger
    {
        [Function("Shape")]
        public void Run(CancellationToken cancellationToken)
        {
        }
    }

    private sealed class AnswerWithoutRequest
    {
        [Function("Shape")]
        public Answer Run([TimerTrigger("0 * * * * *")] TimerInfo timer) => new();
    }

    private sealed class Answer
    {
        [HttpResult]
        public IActionResult? Http { get; init; }
    }

    private sealed class OneName
    {
        [Function("Same")]
        public void Run([TimerTrigger("0 * * * * *")] TimerInfo timer)
        {
        }
    }
}
