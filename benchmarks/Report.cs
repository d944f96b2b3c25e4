using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;
using Spectre.Console;

namespace Freehold.Bench;

/// <summary>A benchmark's table, and the same in JSON. A figure that falls short is shown, and is no error.</summary>
internal sealed record Report(string Name, string Title, Machine Machine, IReadOnlyDictionary<string, double> Sizes, IReadOnlyList<Line> Lines)
{
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web)
    {
        WriteIndented = true,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    static Report()
    {
        // A file has room for whole lines.
        if (Console.IsOutputRedirected)
        {
            AnsiConsole.Profile.Width = 200;
        }
    }

    /// <summary>Says what is being done, for whoever waits.</summary>
    public static void Tell(string text) => AnsiConsole.MarkupLineInterpolated($"[dim]{text}[/]");

    /// <summary>Prints the table and writes <c>{name}.json</c> into the folder.</summary>
    public async Task PublishAsync(string folder, CancellationToken cancellationToken)
    {
        AnsiConsole.Write(Table());
        AnsiConsole.MarkupLineInterpolated($"[dim]{Machine}[/]");
        AnsiConsole.MarkupLineInterpolated($"[dim]{string.Join(", ", Sizes.Select(size => $"{size.Key}: {size.Value:N0}"))}[/]");
        AnsiConsole.WriteLine();
        Directory.CreateDirectory(folder);
        await using FileStream file = File.Create(Path.Combine(folder, Name + ".json"));
        await JsonSerializer.SerializeAsync(file, ToJson(), Json, cancellationToken);
    }

    private Table Table()
    {
        string[] figures = [.. Lines.SelectMany(line => line.Figures.Select(figure => figure.Key)).Distinct()];
        Table table = new Table().Title($"[bold]{Markup.Escape(Title)}[/]").Border(TableBorder.Rounded).AddColumn(string.Empty);
        foreach (string figure in figures)
        {
            table.AddColumn(new TableColumn(Markup.Escape(figure)).RightAligned());
        }

        table.AddColumn("required").AddColumn("holds");
        foreach (Line line in Lines)
        {
            string what = Markup.Escape(line.What) + (line.Note is null ? string.Empty : $"\n[dim]{Markup.Escape(line.Note)}[/]");
            table.AddRow([
                what,
                .. figures.Select(figure => Text(line.Find(figure))),
                line.Required ?? "–",
                line.Holds switch { true => "[green]✓[/]", false => "[red]✗[/]", null => string.Empty },
            ]);
        }

        return table;
    }

    private object ToJson() => new
    {
        Name,
        At = DateTimeOffset.UtcNow,
        Machine,
        Sizes,
        Lines = Lines.Select(line => new
        {
            line.What,
            Figures = line.Figures.ToDictionary(figure => figure.Key, figure => Math.Round(figure.Value, 4)),
            line.Required,
            line.Holds,
            line.Note,
        }),
    };

    private static string Text(double? value) => value switch
    {
        null => string.Empty,
        >= 100 => value.Value.ToString("N0", CultureInfo.InvariantCulture),
        >= 10 => value.Value.ToString("F1", CultureInfo.InvariantCulture),
        >= 1 => value.Value.ToString("F2", CultureInfo.InvariantCulture),
        _ => value.Value.ToString("F3", CultureInfo.InvariantCulture),
    };
}
