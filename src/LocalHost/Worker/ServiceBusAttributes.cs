namespace Freehold.LocalHost.Worker;

/// <summary>What a Service Bus output goes to.</summary>
public enum ServiceBusEntityType
{
    /// <summary>A queue.</summary>
    Queue,

    /// <summary>A topic. The local host has none and refuses it.</summary>
    Topic,
}

/// <summary>Binds a function to the messages of a queue.</summary>
[AttributeUsage(AttributeTargets.Parameter)]
public sealed class ServiceBusTriggerAttribute(string queueName) : Attribute
{
    /// <summary>Name of the setting that holds the connection.</summary>
    public string? Connection { get; set; }

    /// <summary>Whether messages come in batches. The local host knows single messages only.</summary>
    public bool IsBatched { get; set; }

    /// <summary>Whether the host completes the message after the function returned. The local host always does.</summary>
    public bool AutoCompleteMessages { get; set; }

    internal string QueueName { get; } = queueName;
}

/// <summary>Sends the value of a property, or a function's result, as messages: a string or an array of strings.</summary>
[AttributeUsage(AttributeTargets.Method | AttributeTargets.Property)]
public sealed class ServiceBusOutputAttribute(
    string queueOrTopicName, ServiceBusEntityType entityType = ServiceBusEntityType.Queue) : Attribute
{
    /// <summary>Name of the setting that holds the connection.</summary>
    public string? Connection { get; set; }

    internal string QueueName { get; } = queueOrTopicName;

    internal ServiceBusEntityType EntityType { get; } = entityType;
}
