using System.Globalization;
using System.Text;
using Freehold.Bench.Quality;
using Freehold.Bench.Setup;
using Freehold.Ingestion;
using Freehold.Storage;
using Freehold.Tenants;

namespace Freehold.Bench.Answers;

/// <summary>
/// How many judged questions are answered, and how many are declined once the documents that answer them are deleted. The documents are put
/// back before the next question. Questions of a group of documents, which the id's part before the hyphen names, are all in one half: in the
/// one that the evidence was fitted on, or in the one that is reported.
/// </summary>
internal sealed class AnswersBenchmark(Servers servers, DirectoryInfo folder, string? features)
{
    private const double Required = 90;

    public async Task<Report> RunAsync(CancellationToken cancellationToken)
    {
        JudgedCollection corpus = JudgedCollection.Read(folder);
        MemoryBlobs blobs = new();
        await using Installation installation = await Installation.StartAsync(servers, blobs.Client(), [], cancellationToken);
        TenantPlacement tenant = await installation.ProvisionAsync(cancellationToken);
        Report.Tell($"answers: loading {corpus.Documents.Count:N0} documents");
        foreach (JudgedDocument document in corpus.Documents)
        {
            await PutAsync(document.Id, document.Content);
        }

        await servers.ExecuteAsync("vacuum (analyze)", cancellationToken, tenant.Database!);
        Asking asking = new(installation, tenant);
        List<Asked> asked = [];
        Report.Tell($"answers: {corpus.Queries.Count:N0} questions");
        foreach (JudgedQuery question in corpus.Queries)
        {
            asked.Add(await asking.AskAsync(question, isThere: true, features is not null, cancellationToken));
        }

        Dictionary<string, string> texts = corpus.Documents.ToDictionary(document => document.Id, document => document.Content);
        foreach (IGrouping<string, JudgedQuery> same in corpus.Queries.GroupBy(question => string.Join(' ', question.Documents)))
        {
            string[] documents = [.. same.First().Documents];
            foreach (string id in documents)
            {
                blobs.Remove(tenant, $"{id}.txt");
                await LookAtAsync(id);
            }

            foreach (JudgedQuery question in same)
            {
                asked.Add(await asking.AskAsync(question, isThere: false, features is not null, cancellationToken));
            }

            foreach (string id in documents)
            {
                await PutAsync(id, texts[id]);
            }
        }

        if (features is not null)
        {
            await WriteFeaturesAsync(asked, cancellationToken);
        }

        return new Report(
            "answers",
            "Questions answered, and declined without their documents",
            await Machine.DescribeAsync(servers, cancellationToken),
            new Dictionary<string, double> { ["documents"] = corpus.Documents.Count, ["questions"] = corpus.Queries.Count },
            [Line("fitted on", asked.FindAll(IsFittedOn), required: false), Line("reported", asked.FindAll(each => !IsFittedOn(each)), required: true)]);

        async Task PutAsync(string id, string text)
        {
            blobs.Put(tenant, $"{id}.txt", Encoding.UTF8.GetBytes(text));
            await LookAtAsync(id);
        }

        Task LookAtAsync(string id) => installation.Get<ChunkDocument>().RunAsync(tenant, DocumentPath.Parse($"{id}.txt"), cancellationToken);
    }

    private static bool IsFittedOn(Asked asked)
    {
        string group = asked.Question.Documents[0].Split('-')[0];
        return int.TryParse(group, NumberStyles.None, CultureInfo.InvariantCulture, out int number) && number % 2 == 0;
    }

    private static Line Line(string what, List<Asked> asked, bool required)
    {
        List<Asked> there = asked.FindAll(each => each.IsThere);
        List<Asked> gone = asked.FindAll(each => !each.IsThere);
        Rate answered = Rate.Of(there.Select(each => (each.Question.Documents[0], each.Answered)));
        Rate declined = Rate.Of(gone.Select(each => (each.Question.Documents[0], !each.Answered)));
        Line line = new Line(what)
            .With("questions", there.Count)
            .With("answered %", answered.Percent).With("from", answered.Low).With("to", answered.High)
            .With("declined %", declined.Percent).With("from ", declined.Low).With("to ", declined.High)
            .With("p50 ms", Measure.Median(there.Select(each => each.Milliseconds)));
        return required ? line.AtLeast("answered %", Required).AtLeast("declined %", Required) : line;
    }

    private async Task WriteFeaturesAsync(List<Asked> asked, CancellationToken cancellationToken) => await File.WriteAllLinesAsync(
        features!,
        asked.Select(each => string.Join(
            '\t',
            [
                each.Question.Id,
                each.Question.Documents[0],
                each.IsThere ? "1" : "0",
                .. each.Features.Select(value => value.ToString("R", CultureInfo.InvariantCulture)),
            ])),
        cancellationToken);
}
