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
        if (IsMade(source))
        {
            string[] parts = source.Split(':');
            bool isOfWords = parts[0] == "made";
            double strength = double.Parse(parts[1], CultureInfo.InvariantCulture);
            return new ReadyVectors(MadeVectors.Dimensions, collection => new MadeVectors(collection, isOfWords, strength).Of, () => { });
        }

        VectorFile file = new(new FileInfo(source));
        return new ReadyVectors(file.Dimensions, _ => file.Of, file.RequireAll);
    }

    /// <summary>Whether that asks for made vectors.</summary>
    public static bool IsMade(string source) =>
        source.Split(':') is ["made" or "noise", { } pull] && double.TryParse(pull, CultureInfo.InvariantCulture, out double strength) && strength >= 0;

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
