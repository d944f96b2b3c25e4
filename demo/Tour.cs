using System.Diagnostics;
using Azure.Storage.Blobs;
using Spectre.Console;

namespace Freehold.Demo;

/// <summary>Makes the two companies, brings their handbooks in, asks both the same questions, and tries to cross over.</summary>
internal sealed class Tour(HttpClient http, Api admin, string dataFolder, string folder, IAnsiConsole console)
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    private readonly Script _script = Script.Load(folder);

    /// <returns>0 when every answer was the expected one, or there was nothing to show.</returns>
    public async Task<int> RunAsync(CancellationToken cancellationToken)
    {
        if ((await admin.GetAsync("tenants?limit=1", DemoJson.Default.TenantList)).Tenants.Count > 0)
        {
            return 0;
        }

        Dictionary<string, Api> tenants = [];
        foreach (Company company in _script.Tenants)
        {
            tenants[company.Id] = await ProvisionAsync(company, cancellationToken);
        }

        await PutAsync(_script.Tenants[0], tenants[_script.Tenants[0].Id], cancellationToken);
        await DropAsync(_script.Tenants[1], cancellationToken);
        await AwaitReadyAsync(tenants, cancellationToken);
        int wrong = await AskAsync(tenants);
        await TryToCrossAsync(tenants);
        return wrong == 0 ? 0 : 1;
    }

    private async Task<Api> ProvisionAsync(Company company, CancellationToken cancellationToken)
    {
        long started = Stopwatch.GetTimestamp();
        await admin.PostAsync(
            "tenants?wait=30", new() { ["id"] = company.Id, ["displayName"] = company.DisplayName }, DemoJson.Default.Company);
        double took = Stopwatch.GetElapsedTime(started).TotalMilliseconds;
        Key key = await admin.PostAsync($"tenants/{company.Id}/keys", new() { ["name"] = "demo" }, DemoJson.Default.Key);
        string file = Path.Combine(dataFolder, company.Id + ".key");
        await File.WriteAllTextAsync(file, key.Secret + "\n", cancellationToken);
        if (!OperatingSystem.IsWindows())
        {
            File.SetUnixFileMode(file, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        }

        console.MarkupLineInterpolated($"[green]✓[/] [bold]{company.DisplayName}[/] has a database of its own, made in {took:F0} ms");
        return new Api(http, key.Secret);
    }

    private async Task PutAsync(Company company, Api tenant, CancellationToken cancellationToken)
    {
        foreach (string file in Files(company))
        {
            cancellationToken.ThrowIfCancellationRequested();
            await tenant.PutAsync($"tenants/{company.Id}/documents/{Path.GetFileName(file)}", file);
        }

        console.MarkupLineInterpolated($"[green]✓[/] {Files(company).Length} documents of {company.DisplayName} sent with HTTP PUT");
    }

    private async Task DropAsync(Company company, CancellationToken cancellationToken)
    {
        string connection = (await File.ReadAllTextAsync(Path.Combine(dataFolder, "storage.connection"), cancellationToken)).Trim();
        BlobContainerClient container = new(connection, "documents");
        foreach (string file in Files(company))
        {
            await container.GetBlobClient($"{company.Id}/{Path.GetFileName(file)}").UploadAsync(file, overwrite: true, cancellationToken);
        }

        console.MarkupLineInterpolated($"[green]✓[/] {Files(company).Length} documents of {company.DisplayName} dropped into blob storage");
    }

    private Task AwaitReadyAsync(Dictionary<string, Api> tenants, CancellationToken cancellationToken) => console.Progress()
        .Columns(new TaskDescriptionColumn(), new ProgressBarColumn(), new RemainingTimeColumn(), new SpinnerColumn())
        .StartAsync(async progress =>
        {
            long started = Stopwatch.GetTimestamp();
            var bars = _script.Tenants.ToDictionary(
                company => company.Id, company => progress.AddTask(company.DisplayName, maxValue: Files(company).Length));
            while (!progress.IsFinished)
            {
                foreach (Company company in _script.Tenants)
                {
                    bars[company.Id].Value = await CountReadyAsync(company, tenants[company.Id]);
                }

                if (Stopwatch.GetElapsedTime(started) > Patience)
                {
                    throw new TimeoutException("The documents were not ready after two minutes. See the host's log.");
                }

                await Task.Delay(TimeSpan.FromMilliseconds(100), TimeProvider.System, cancellationToken);
            }
        });

    private static async Task<int> CountReadyAsync(Company company, Api tenant)
    {
        DocumentList list = await tenant.GetAsync($"tenants/{company.Id}/documents", DemoJson.Default.DocumentList);
        return list.Documents.FirstOrDefault(document => document.Failure is not null) is { } failed
            ? throw new InvalidOperationException($"{failed.Path} failed: {failed.Failure!.Reason}")
            : list.Documents.Count(document => document.State == "ready");
    }

    private async Task<int> AskAsync(Dictionary<string, Api> tenants)
    {
        Table table = new Table().Border(TableBorder.Rounded).ShowRowSeparators().AddColumn("The same question");
        foreach (Company company in _script.Tenants)
        {
            table.AddColumn(new TableColumn($"in the database of {Markup.Escape(company.DisplayName)}"));
        }

        int wrong = 0;
        foreach (Question question in _script.Questions)
        {
            List<Markup> row = [new Markup(Markup.Escape(question.Text))];
            foreach (Company company in _script.Tenants)
            {
                long started = Stopwatch.GetTimestamp();
                SearchResults found = await tenants[company.Id].PostAsync(
                    $"tenants/{company.Id}/search", new() { ["query"] = question.Text }, DemoJson.Default.SearchResults);
                double took = Stopwatch.GetElapsedTime(started).TotalMilliseconds;
                (Markup cell, bool right) = Cell(question, question.Answers[company.Id], found, took);
                row.Add(cell);
                wrong += right ? 0 : 1;
            }

            table.AddRow(row);
        }

        console.Write(table);
        return wrong;
    }

    private static (Markup Cell, bool Right) Cell(Question question, Answer expected, SearchResults found, double took)
    {
        if (found.Results.Count == 0)
        {
            return (new Markup("[red]nothing found[/]"), false);
        }

        Passage best = found.Results[0];
        bool right = best.Document == expected.Document && Excerpt.OneLine(best.Text).Contains(expected.Contains, StringComparison.Ordinal);
        string excerpt = Markup.Escape(Excerpt.Of(best.Text, question.Text, right ? expected.Contains : null))
            .Replace(Markup.Escape(expected.Contains), $"[bold yellow]{Markup.Escape(expected.Contains)}[/]", StringComparison.Ordinal);
        string page = best.Page is { } number ? $", page {number}" : string.Empty;
        string mark = right ? "[green]✓[/]" : "[red]✗[/]";
        return (new Markup($"{excerpt}\n{mark} [dim]{Markup.Escape(best.Document)}{page} · {took:F1} ms[/]"), right);
    }

    private async Task TryToCrossAsync(Dictionary<string, Api> tenants)
    {
        (Company own, Company other) = (_script.Tenants[0], _script.Tenants[1]);
        using HttpResponseMessage answer = await tenants[own.Id].TryPostAsync(
            $"tenants/{other.Id}/search", new() { ["query"] = _script.Questions[0].Text });
        Problem problem = System.Text.Json.JsonSerializer.Deserialize(await answer.Content.ReadAsStringAsync(), DemoJson.Default.Problem)!;
        console.MarkupLineInterpolated(
            $"The key of {own.DisplayName} on the data of {other.DisplayName}: [red]{(int)answer.StatusCode}[/] [italic]{problem.Detail}[/]");
        console.WriteLine();
    }

    private string[] Files(Company company) => Directory.GetFiles(Path.Combine(folder, "handbooks", company.Id));
}
