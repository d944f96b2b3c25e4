using System.Runtime.CompilerServices;
using Freehold.Retrieval;
using Freehold.Tenants;
using Freehold.Usage;
using Microsoft.Extensions.Options;

namespace Freehold.Answers;

/// <summary>
/// Answers a question from a tenant's documents, with citations, or says that they do not hold the answer. With a chat model the answer is
/// generated, and its citations are checked; without one it consists of the documents' own sentences.
/// </summary>
public sealed class AnswerQuestion(
    SearchChunks searchChunks, Meter meter, IOptions<AnswersOptions> options, IOptions<RetrievalOptions> retrieval)
{
    /// <summary>Answers; ends with <see cref="AnswerReady"/>.</summary>
    /// <exception cref="RefusalException">It is no question, or a server that it needs is away.</exception>
    public async IAsyncEnumerable<AnswerEvent> RunAsync(
        TenantPlacement tenant, AskRequest request, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        AskedQuestion asked = AskedQuestion.Check(request, options.Value, retrieval.Value);
        string question = StandAlone.Of(asked.Question, asked.History);
        IReadOnlyList<Passage> passages = await searchChunks.RunAsync(
            tenant, new SearchRequest(question, CandidatesFor(asked), request.Mode, request.Filter), cancellationToken);
        WeighedPassage[] found = [.. passages.Select(passage => new WeighedPassage(passage)).Where(passage => passage.Sentences.Count > 0)];
        Evidence evidence = Evidence.Of(question, found);
        Source[] sources = [.. found.Take(asked.Limit).Select((passage, i) => ToSource(passage.Passage, i + 1))];
        yield return new SourcesFound(sources);

        Answer answer = evidence.Score < options.Value.MinEvidence
            ? Answer.Declined(Answer.Extractive, evidence.Score, sources)
            : ExtractiveAnswer.Write(evidence, sources);
        yield return new AnswerPart(answer.Text);

        meter.Count(tenant.Uid, Metric.Answers);
        yield return new AnswerReady(answer);
    }

    private int CandidatesFor(AskedQuestion asked) =>
        Math.Min(Math.Max(options.Value.Candidates, asked.Limit), retrieval.Value.MaxLimit);

    private static Source ToSource(Passage passage, int number) => new(
        number, passage.Document, passage.Title, passage.Heading, passage.Page, passage.Start, passage.End, passage.Text, passage.Score);
}
