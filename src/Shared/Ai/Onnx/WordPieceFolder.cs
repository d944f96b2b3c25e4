using System.Text;
using System.Text.Json;
using Microsoft.ML.Tokenizers;

namespace Freehold.Ai.Onnx;

/// <summary>Reads the WordPiece tokenizer of a model's folder: <c>vocab.txt</c>, or <c>tokenizer.json</c> as Hugging Face writes it.</summary>
internal static class WordPieceFolder
{
    private const string Vocabulary = "vocab.txt";
    private const string Description = "tokenizer.json";
    private const string Settings = "tokenizer_config.json";

    /// <exception cref="InvalidOperationException">There is none, or one of another kind.</exception>
    public static BertTokenizer Read(string folder)
    {
        try
        {
            using JsonDocument? description = Parse(folder, Description);
            BertOptions options = new() { LowerCaseBeforeTokenization = LowersCase(folder, description) };
            string vocabulary = Path.Combine(folder, Vocabulary);
            if (File.Exists(vocabulary))
            {
                return BertTokenizer.Create(vocabulary, options);
            }

            using MemoryStream words = new(Encoding.UTF8.GetBytes(string.Join('\n', Words(folder, description))));
            return BertTokenizer.Create(words, options);
        }
        catch (Exception exception) when (exception is JsonException or ArgumentException or KeyNotFoundException or IOException)
        {
            throw new InvalidOperationException($"The tokenizer in '{folder}' cannot be read: {exception.Message}", exception);
        }
    }

    private static IEnumerable<string> Words(string folder, JsonDocument? description)
    {
        if (description is null)
        {
            throw new InvalidOperationException($"'{folder}' holds neither {Vocabulary} nor {Description}.");
        }

        JsonElement model = description.RootElement.GetProperty("model");
        string? kind = model.TryGetProperty("type", out JsonElement type) ? type.GetString() : null;
        if (kind != "WordPiece")
        {
            throw new InvalidOperationException(
                $"{Description} in '{folder}' describes a tokenizer of type '{kind}'; only WordPiece is read. Choose a BERT-like model.");
        }

        (string Word, int Id)[] words = [.. model.GetProperty("vocab").EnumerateObject().Select(word => (word.Name, word.Value.GetInt32())).OrderBy(word => word.Item2)];
        return words.Select((word, line) => word.Id == line ? word.Word : throw new InvalidOperationException(
            $"{Description} in '{folder}' has no word, or two, with the number {line}."));
    }

    private static bool LowersCase(string folder, JsonDocument? description)
    {
        using JsonDocument? settings = Parse(folder, Settings);
        if (settings is not null && settings.RootElement.TryGetProperty("do_lower_case", out JsonElement says))
        {
            return says.ValueKind == JsonValueKind.True;
        }

        return description is null
            || !description.RootElement.TryGetProperty("normalizer", out JsonElement normalizer)
            || normalizer.ValueKind != JsonValueKind.Object
            || !normalizer.TryGetProperty("lowercase", out says)
            || says.ValueKind == JsonValueKind.True;
    }

    private static JsonDocument? Parse(string folder, string file)
    {
        string path = Path.Combine(folder, file);
        return File.Exists(path) ? JsonDocument.Parse(File.ReadAllBytes(path)) : null;
    }
}
