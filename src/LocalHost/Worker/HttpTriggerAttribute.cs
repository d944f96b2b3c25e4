namespace Freehold.LocalHost.Worker;

/// <summary>Who the Functions host lets call. Freehold checks its own keys, so all but <see cref="Anonymous"/> is refused here.</summary>
public enum AuthorizationLevel
{
    /// <summary>The host checks nothing.</summary>
    Anonymous = 0,

    /// <summary>A function key is needed.</summary>
    Function = 2,

    /// <summary>The master key is needed.</summary>
    Admin = 4,
}

/// <summary>Binds a function to an HTTP route. No method named means any.</summary>
[AttributeUsage(AttributeTargets.Parameter)]
public sealed class HttpTriggerAttribute(AuthorizationLevel authLevel, params string[] methods) : Attribute
{
    /// <summary>Route template below the prefix <c>api/</c>; the function's name where it is left out.</summary>
    public string? Route { get; set; }

    internal AuthorizationLevel AuthLevel { get; } = authLevel;

    internal string[] Methods { get; } = methods;
}

/// <summary>Marks the HTTP answer among the outputs of a function that also sends messages.</summary>
[AttributeUsage(AttributeTargets.Property)]
public sealed class HttpResultAttribute : Attribute;
