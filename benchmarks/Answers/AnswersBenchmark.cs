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
/// back before the next question. Questions of a group of documents are all in one half: in the one that the evidence was fitted on, or in
/// the one that is reported.
/// </summary>
internal sealed class AnswersBenchmark(Servers servers, IReadOnlyList<DirectoryInfo> folders, bool isFitting)
{
    private const double Required = 90;

    // Other thresholds, to show what they would trade.
    private static readonly double[] Thresholds = [0.3, 0.4, 0.6, 0.7];

    public async Task<Report> RunAsync(CancellationToken cancellationToken)
    {
        List<Line> lines = [];
        List<Asked> fitted = [];
        JudgedCollection[] collections = [.. folders.Select(JudgedCollection.Read)];
        foreach (JudgedCollection collection in collections)
        {
            List<Asked> asked = await AskAsync(collection, cancellationToken);
            fitted.AddRange(asked.Where(each => each.IsFittedOn));

            // Where documents are in no groups, all are reported.
            foreach (IGrouping<bool, Asked> half in asked.GroupBy(each => each.IsFittedOn).OrderByDescending(half => half.Key))
            {
                lines.AddRange(Lines($"{collection.Name}, {(half.Key ? "fitted on" : "reported")}", [.. half], required: !half.Key));
            }
        }

        if (isFitting)
        {
            Report.Tell($"answers: {EvidenceFit.ToCode(EvidenceFit.Of(fitted))}");
        }

        return new Report(
            "answers",
            "Questions answered, and declined without their documents",
            await Machine.DescribeAsync(servers, cancellationToken),
            new Dictionary<string, double>
            {
                ["documents"] = collections.Sum(collection => collection.Documents.Count),
                ["questions"] = collections.Sum(collection => collection.Queries.Count),
            },
            lines);
    }

    private async Task<List<Asked>> AskAsync(JudgedCollection collection, CancellationToken cancellationToken)
    {
        MemoryBlobs blobs = new();
        await using Installation installation = await Installation.StartAsync(servers, blobs.Client(), [], cancellationToken);
        TenantPlacement tenant = await installation.ProvisionAsync(cancellationToken);
        Report.Tell($"answers: loading {collection.Documents.Count:N0} documents of {collection.Name}");
        foreach (JudgedDocument document in collection.Documents)
        {
            await PutAsync(document.Id, document.Content);
        }

        await servers.ExecuteAsync("vacuum (analyze)", cancellationToken, tenant.Database!);
        Asking asking = new(installation, tenant);
        List<Asked> asked = [];
        Report.Tell($"answers: {collection.Queries.Count:N0} questions");
        foreach (JudgedQuery question in collection.Queries)
        {
            asked.Add(await asking.AskAsync(question, isThere: true, isFitting, cancellationToken));
        }

        Dictionary<string, string> texts = collection.Documents.ToDictionary(document => document.Id, document => document.Content);
        foreach (IGrouping<string, JudgedQuery> same in collection.Queries.GroupBy(question => string.Join(' ', question.Documents)))
        {
            string[] documents = [.. same.First().Documents];
            foreach (string id in documents)
            {
                blobs.Remove(tenant, $"{id}.txt");
                await LookAtAsync(id);
            }

            foreach (JudgedQuery question in same)
            {
                asked.Add(await asking.AskAsync(question, isThere: false, isFitting, cancellationToken));
            }

            foreach (string id in documents)
            {
                await PutAsync(id, texts[id]);
            }
        }

        return asked;

        async Task PutAsync(string id, string text)
        {
            blobs.Put(tenant, $"{id}.txt", Encoding.UTF8.GetBytes(text));
            await LookAtAsync(id);
        }

        Task LookAtAsync(string id) => installation.Get<ChunkDocument>().RunAsync(tenant, DocumentPath.Parse($"{id}.txt"), cancellationToken);
    }

    private static IEnumerable<Line> Lines(string what, List<Asked> asked, bool required)
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
        yield return required ? line.AtLeast("answered %", Required).AtLeast("declined %", Required) : line;
        foreach (double threshold in Thresholds)
        {
            yield return new Line(string.Create(CultureInfo.InvariantCulture, $"  with MinEvidence {threshold}"))
                .With("answered %", 100 * there.Average(each => each.Evidence >= threshold ? 1.0 : 0))
                .With("declined %", 100 * gone.Average(each => each.Evidence < threshold ? 1.0 : 0));
        }
    }
}
