using System.Globalization;

namespace Freehold.Bench.Quality;

/// <summary>Vectors that stand in for an embedding model, behind an endpoint on this machine.</summary>
/// <param name="Dimensions">Their length.</param>
/// <param name="Of">What makes a text of a collection a vector.</param>
/// <param name="RequireAll">Throws when some were missing.</param>
internal sealed record ReadyVectors(int Dimensions, Func<JudgedCollection, Func<string, float[]>> Of, Action RequireAll)
{
    /// <summary>Name of the model that they are taken for.</summary>
    public const string Model = "ready-vectors";

    /// <summary>Reads what the command line says: <c>made:PULL</c>, <c>noise:PULL</c>, or a file's name.</summary>
    public static ReadyVectors Parse(string source)
    {
        if (source.Split(':', 2) is ["made" or "noise", { } pull] parts)
        {
            bool isOfWords = parts[0] == "made";
            double strength = double.Parse(pull, CultureInfo.InvariantCulture);
            return new ReadyVectors(MadeVectors.Dimensions, collection => new MadeVectors(collection, isOfWords, strength).Of, () => { });
        }

        VectorFile file = new(new FileInfo(source));
        return new ReadyVectors(file.Dimensions, _ => file.Of, file.RequireAll);
    }

    /// <summary>Settings of an installation whose tenants have this model, with the weight that a model has by default.</summary>
    public Dictionary<string, string?> Settings(Uri endpoint) => new()
    {
        ["Ai:DefaultModel"] = Model,
        ["Ai:Models:0:Id"] = Model,
        ["Ai:Models:0:Provider"] = "OpenAI",
        ["Ai:Models:0:Endpoint"] = endpoint.ToString(),
        ["Ai:Models:0:Dimensions"] = $"{Dimensions}",
    };
}
