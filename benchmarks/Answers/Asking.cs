using System.Globalization;
using Freehold.Answers;
using Freehold.Bench.Quality;
using Freehold.Bench.Setup;
using Freehold.Retrieval;
using Freehold.Tenants;

namespace Freehold.Bench.Answers;

/// <summary>What became of a question, once with its documents there and once without.</summary>
internal sealed record Asked(JudgedQuery Question, bool IsThere, bool Answered, double Evidence, double Milliseconds, IReadOnlyList<double> Features)
{
    /// <summary>Group of documents, such as an article's paragraphs: the part of their id before the hyphen.</summary>
    public int Group { get; } =
        int.TryParse(Question.Documents[0].Split('-')[0], NumberStyles.None, CultureInfo.InvariantCulture, out int number) ? number : 1;

    /// <summary>Whether the evidence was fitted on it. All questions of a group are in one half.</summary>
    public bool IsFittedOn => Group % 2 == 0;
}

/// <summary>Asks one tenant.</summary>
internal sealed class Asking(Installation installation, TenantPlacement tenant)
{
    public async Task<Asked> AskAsync(JudgedQuery question, bool isThere, bool withFeatures, CancellationToken cancellationToken)
    {
        long started = System.Diagnostics.Stopwatch.GetTimestamp();
        Answer? answer = null;
        await foreach (AnswerEvent happened in installation.Get<AnswerQuestion>().RunAsync(tenant, new AskRequest(question.Text), cancellationToken))
        {
            answer = (happened as AnswerReady)?.Answer ?? answer;
        }

        double took = System.Diagnostics.Stopwatch.GetElapsedTime(started).TotalMilliseconds;
        return new Asked(
            question, isThere, answer!.Answered, answer.Evidence, took, withFeatures ? await FeaturesAsync(question, cancellationToken) : []);
    }

    private async Task<IReadOnlyList<double>> FeaturesAsync(JudgedQuery question, CancellationToken cancellationToken)
    {
        FoundPassages found = await installation.Get<SearchChunks>().RunAsync(
            tenant, new SearchRequest(question.Text, new AnswersOptions().Candidates), cancellationToken);
        return Evidence.Of(question.Text, [.. found.Passages.Select(passage => new WeighedPassage(passage)).Where(passage => passage.Sentences.Count > 0)]).Features;
    }
}
