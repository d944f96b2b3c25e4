namespace Freehold.LocalHost;

/// <summary>Work that goes on from the start of the host to its stop, such as waiting for what triggers a function.</summary>
internal interface IListener
{
    /// <summary>Completes when the host stops and nothing that it started runs any more. Outages of storage don't end it.</summary>
    Task RunAsync();
}
