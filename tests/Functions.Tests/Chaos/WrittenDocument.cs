using System.Text;
using System.Text.Json;

namespace Freehold.Functions.Tests.Chaos;

/// <summary>A document that somebody writes and edits, in one of several formats, by chance. Some cannot be read.</summary>
internal sealed class WrittenDocument
{
    private static readonly string[] Formats = ["txt", "txt", "md", "md", "html", "html", "csv", "json"];
    private static readonly string[] Syllables = ["ba", "der", "fi", "gol", "hu", "jan", "kel", "lo", "mir", "ne", "pos", "qua", "ri", "sun", "ta", "vel", "wi", "zo"];

    private readonly Random _random;
    private readonly string _format;
    private readonly List<string> _paragraphs = [];
    private readonly int _length;
    private byte[]? _broken;

    /// <param name="number">Different for each.</param>
    /// <param name="isLong">Whether it has passages for several slices.</param>
    /// <param name="random">The chance.</param>
    public WrittenDocument(int number, bool isLong, Random random)
    {
        _random = random;
        _format = isLong ? "txt" : Formats[random.Next(Formats.Length)];
        _length = isLong ? 2_500 : random.Next(2, 12);
        Path = random.Next(3) switch
        {
            0 => $"{number}.{_format}",
            1 => $"folder {number % 7}/Übersicht {number}.{_format}",
            _ => $"a/b+c/{number % 5}/{number}.{_format}",
        };
        Replace();
    }

    public string Path { get; }

    /// <summary>Whether it is one that the API refuses, or may refuse, so that it can only come as a blob.</summary>
    public bool IsBroken => _broken is not null;

    public byte[] Bytes => _broken ?? Encoding.UTF8.GetBytes(_format switch
    {
        "md" => $"# About {_paragraphs[0].Split(' ')[0]}\n\n" + string.Join("\n\n", _paragraphs.Select((text, i) => i % 3 == 1 ? $"## Part {i}\n\n{text}" : text)),
        "html" => $"<html><head><title>{_paragraphs[0].Split(' ')[0]}</title></head><body><nav>Home</nav><main>"
            + string.Concat(_paragraphs.Select((text, i) => i % 4 == 2 ? $"<h2>Part {i}</h2><table><tr><td>{i}</td><td>{text}</td></tr></table>" : $"<p>{text}</p>"))
            + "</main></body></html>",
        "csv" => "name,text\n" + string.Concat(_paragraphs.Select((text, i) => $"{i},\"{text}\"\n")),
        "json" => JsonSerializer.Serialize(_paragraphs.Select((text, i) => new { number = i, text })),
        _ => string.Join("\n\n", _paragraphs),
    });

    /// <summary>Changes a word or a paragraph, or adds one.</summary>
    public void Edit()
    {
        if (_broken is not null)
        {
            Replace();
            return;
        }

        int at = _random.Next(_paragraphs.Count);
        switch (_random.Next(3))
        {
            case 0:
                string[] words = _paragraphs[at].Split(' ');
                words[_random.Next(words.Length)] = Word();
                _paragraphs[at] = string.Join(' ', words);
                break;
            case 1:
                _paragraphs[at] = Paragraph();
                break;
            default:
                _paragraphs.Insert(at, Paragraph());
                break;
        }
    }

    /// <summary>Begins anew, with nothing of what was. Now and then it comes out broken.</summary>
    public void Replace()
    {
        _paragraphs.Clear();
        _paragraphs.AddRange(Enumerable.Range(0, _length).Select(_ => Paragraph()));
        _broken = _random.Next(20) switch
        {
            0 => [],
            1 => [.. "%PDF-1.7\n"u8, .. Encoding.UTF8.GetBytes(_paragraphs[0])],
            _ => null,
        };
    }

    private string Paragraph() => string.Join(' ', Enumerable.Range(0, _random.Next(1, 6)).Select(_ => Sentence()));

    private string Sentence() => string.Join(' ', Enumerable.Range(0, _random.Next(4, 16)).Select(_ => Word())) + ".";

    private string Word() => string.Concat(Enumerable.Range(0, _random.Next(2, 4)).Select(_ => Syllables[_random.Next(Syllables.Length)]));
}
