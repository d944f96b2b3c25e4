using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace Freehold.Neon;

/// <summary>One request to Neon, with what has become of it so far.</summary>
/// <param name="Method">How.</param>
/// <param name="Route">The path's template, by which Neon counts: <c>projects/{id}</c>.</param>
/// <param name="Path">The path itself, with the query.</param>
internal sealed record NeonRequest(HttpMethod Method, string Route, string Path)
{
    /// <summary>The body, as JSON in UTF-8; null without one.</summary>
    public byte[]? Body { get; init; }

    /// <summary>Who waits.</summary>
    public NeonPriority Priority { get; init; }

    /// <summary>The id that the last attempt was sent with.</summary>
    public string? LastId { get; set; }

    /// <summary>When the first attempt was made, as a time stamp of the clock in use.</summary>
    public long? Started { get; set; }

    /// <summary>Whether it leaves everything as it is, so that it can be sent any number of times.</summary>
    public bool OnlyReads => Method == HttpMethod.Get;

    /// <summary>For messages: no query, which may hold names.</summary>
    public override string ToString() => $"{Method} {Route}";

    public static NeonRequest Get(string route, string path) => new(HttpMethod.Get, route, path);

    public static NeonRequest Delete(string route, string path) => new(HttpMethod.Delete, route, path);

    public static NeonRequest Post(string route, string path) => new(HttpMethod.Post, route, path);

    public static NeonRequest Post<T>(string route, string path, T body, JsonTypeInfo<T> type) =>
        new(HttpMethod.Post, route, path) { Body = JsonSerializer.SerializeToUtf8Bytes(body, type) };

    public static NeonRequest Patch<T>(string route, string path, T body, JsonTypeInfo<T> type) =>
        new(HttpMethod.Patch, route, path) { Body = JsonSerializer.SerializeToUtf8Bytes(body, type) };
}
