using System.Text.Json.Nodes;
using NJsonSchema;

namespace Freehold.Tests.Neon;

/// <summary>Neon's own description of its API, and bodies made by hand, where <c>../shared/neon</c> has them.</summary>
internal static class NeonContract
{
    private static readonly Lazy<Task<JsonSchema>> Schemas = new(ReadAsync);
    private static readonly Lazy<JsonObject> Document = new(() => JsonNode.Parse(File.ReadAllText(System.IO.Path.Combine(Folder!, "openapi.json")))!.AsObject());

    /// <summary>
    /// The folder <c>neon</c> in <c>../shared</c> beside the repository, or in the folder named by FREEHOLD_SHARED; null if there is none.
    /// </summary>
    public static string? Folder { get; } = Find();

    public static string Fixture(string name) => File.ReadAllText(System.IO.Path.Combine(Folder!, "fixtures", name));

    /// <summary>What is wrong with a request's body; nothing if all is well.</summary>
    public static Task<IReadOnlyList<string>> ErrorsOfRequestAsync(string method, string route, string body) =>
        ErrorsAsync($"{method} {Path(route)}", body);

    /// <summary>What is wrong with an answer's body. One of a status that is not described is no good.</summary>
    public static Task<IReadOnlyList<string>> ErrorsOfAnswerAsync(string method, string route, int status, string body) =>
        ErrorsAsync($"{method} {Path(route)} {(status >= 400 ? "default" : status)}", body);

    /// <summary>Names of the parameters that a route takes in its query.</summary>
    public static IReadOnlyList<string> Parameters(string method, string route) =>
        [.. (Operation(method, route)["parameters"] as JsonArray ?? []).Select(parameter => (string)Resolved(parameter)["name"]!)];

    private static JsonObject Operation(string method, string route) =>
        Document.Value["paths"]![Path(route)]![method.ToLowerInvariant()]!.AsObject();

    // Names in braces are of our choosing.
    private static string Path(string route)
    {
        string[] segments = route.Split('/');
        return Document.Value["paths"]!.AsObject().Select(path => path.Key).Single(path => path[1..].Split('/') is var others
            && others.Length == segments.Length
            && others.Zip(segments).All(pair => pair.First == pair.Second || (pair.First[0] == '{' && pair.Second[0] == '{')));
    }

    private static JsonObject Resolved(JsonNode? node) => (string?)node!["$ref"] is not { } reference
        ? node.AsObject()
        : reference.Split('/')[1..].Aggregate((JsonNode)Document.Value, (part, name) => part[name]!).AsObject();

    private static async Task<IReadOnlyList<string>> ErrorsAsync(string name, string body) =>
        [.. (await Schemas.Value).Definitions[name].Validate(body).Select(error => $"{name}: {error.Path} {error.Kind}")];

    // All in one, since they refer to one another; below definitions, where a JSON schema has them.
    private static Task<JsonSchema> ReadAsync()
    {
        JsonObject definitions = Document.Value["components"]!["schemas"]!.DeepClone().AsObject();
        foreach ((string path, JsonNode? operations) in Document.Value["paths"]!.AsObject())
        {
            foreach ((string method, JsonNode? operation) in operations!.AsObject().Where(operation => operation.Value is JsonObject))
            {
                Add(definitions, $"{method.ToUpperInvariant()} {path}", operation!["requestBody"]);
                foreach ((string status, JsonNode? answer) in operation["responses"] as JsonObject ?? [])
                {
                    Add(definitions, $"{method.ToUpperInvariant()} {path} {status}", Resolved(answer));
                }
            }
        }

        return JsonSchema.FromJsonAsync(new JsonObject { ["definitions"] = definitions }.ToJsonString()
            .Replace("#/components/schemas/", "#/definitions/", StringComparison.Ordinal));
    }

    private static void Add(JsonObject definitions, string name, JsonNode? described)
    {
        if (described?["content"]?["application/json"]?["schema"] is { } schema)
        {
            definitions[name] = new JsonObject { ["allOf"] = new JsonArray(schema.DeepClone()) };
        }
    }

    private static string? Find()
    {
        var root = new DirectoryInfo(AppContext.BaseDirectory);
        while (root is not null && !File.Exists(System.IO.Path.Combine(root.FullName, "Serverless.sln")))
        {
            root = root.Parent;
        }

        string shared = Environment.GetEnvironmentVariable("FREEHOLD_SHARED") ?? System.IO.Path.Combine(root?.FullName ?? ".", "..", "shared");
        string folder = System.IO.Path.Combine(shared, "neon");
        return Directory.Exists(folder) ? folder : null;
    }
}

/// <summary>A test against Neon's own description, passed over where that is absent.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class NeonContractFactAttribute : FactAttribute
{
    public NeonContractFactAttribute() =>
        Skip = NeonContract.Folder is null ? "The folder ../shared/neon (or the one that FREEHOLD_SHARED names) is not there." : null;
}
