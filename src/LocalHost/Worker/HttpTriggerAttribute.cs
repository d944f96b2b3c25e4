namespace Freehold.LocalHost.Worker;

/// <summary>Who the Functions host lets call an HTTP function. Freehold checks its own keys, so its functions are all anonymous.</summary>
public enum AuthorizationLevel
{
    /// <summary>The host checks nothing.</summary>
    Anonymous = 0,

    /// <summary>A function key is needed.</summary>
    Function = 2,

    /// <summary>The master key is needed.</summary>
    Admin = 4,
}

/// <summary>Binds a function to an HTTP route.</summary>
[AttributeUsage(AttributeTargets.Parameter)]
public sealed class HttpTriggerAttribute(AuthorizationLevel authLevel, params string[] methods) : Attribute
{
    /// <summary>Who may call.</summary>
    public AuthorizationLevel AuthLevel { get; } = authLevel;

    /// <summary>HTTP methods; none means any.</summary>
    public string[]? Methods { get; } = methods;

    /// <summary>Route template below the prefix <c>api/</c>.</summary>
    public string? Route { get; set; }
}

/// <summary>Marks the HTTP answer among the outputs of a function that also sends messages.</summary>
[AttributeUsage(AttributeTargets.Property)]
public sealed class HttpResultAttribute : Attribute;
