using System.Runtime.CompilerServices;
using Freehold.Ai;
using Freehold.Retrieval;
using Freehold.Tenants;
using Freehold.Usage;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.Options;

namespace Freehold.Answers;

/// <summary>
/// Answers a question from a tenant's documents, with citations, or says that they do not hold the answer. With a chat model the answer is
/// generated, and its citations are checked; without one it consists of the documents' own sentences.
/// </summary>
public sealed class AnswerQuestion(
    SearchChunks searchChunks, ChatModels chat, QueryLimits limits, Meter meter, IOptions<AnswersOptions> options, IOptions<RetrievalOptions> retrieval)
{
    // A question, not an answer.
    private const int CondensedTokens = 150;

    /// <summary>Answers; ends with <see cref="AnswerReady"/>.</summary>
    /// <exception cref="RefusalException">It is no question, or a server that it needs is away.</exception>
    public async IAsyncEnumerable<AnswerEvent> RunAsync(
        TenantPlacement tenant, AskRequest request, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        AskedQuestion asked = AskedQuestion.Check(request, options.Value, retrieval.Value);
        limits.Count(tenant);
        string question = await CondenseAsync(tenant, asked, cancellationToken);
        FoundPassages passages = await SearchAsync(
            tenant, new SearchRequest(question, CandidatesFor(asked), request.Mode, request.Filter, asked.Language), cancellationToken);
        WeighedPassage[] found = [.. passages.Passages.Select(passage => new WeighedPassage(passage)).Where(passage => passage.Sentences.Count > 0)];
        Evidence evidence = Evidence.Of(question, found);
        Source[] sources = [.. found.Take(asked.Limit).Select((passage, i) => ToSource(passage.Passage, i + 1))];
        yield return new SourcesFound(sources);

        Answer answer;
        if (evidence.Score < options.Value.MinEvidence)
        {
            answer = Answer.Declined(chat.Model is null ? Answer.Extractive : Answer.Generated, evidence.Score, sources);
            yield return new AnswerPart(answer.Text);
        }
        else if (chat.Model is null)
        {
            answer = ExtractiveAnswer.Write(evidence, sources);
            yield return new AnswerPart(answer.Text);
        }
        else
        {
            GeneratedText written = new(chat.Model, meter, tenant.Uid);
            (IReadOnlyList<ChatMessage> prompt, IReadOnlyList<Source> given) = Prompt.Write(
                question, sources, Prompt.Fit(asked.History, options.Value.MaxHistoryTokens, chat.Model.Tokens), asked.Language, chat.Model);
            int passedOn = 0;
            await foreach (string _ in written.ReadAsync(prompt, chat.Model.MaxOutputTokens, cancellationToken))
            {
                // What may yet become the phrase that declines is no answer.
                if (!Prompt.Declined.StartsWith(written.Text.Trim(), StringComparison.Ordinal))
                {
                    yield return new AnswerPart(written.Text[passedOn..]);
                    passedOn = written.Text.Length;
                }
            }

            answer = Checked(written.Text, given, sources, evidence);
        }

        meter.Count(tenant.Uid, Metric.Answers);
        yield return new AnswerReady(answer);
    }

    // The model may write for a minute: that takes no place from the tenant's searches.
    private async Task<FoundPassages> SearchAsync(TenantPlacement tenant, SearchRequest request, CancellationToken cancellationToken)
    {
        using QueryPlace place = await limits.EnterCountedAsync(tenant, cancellationToken);
        return await searchChunks.RunAsync(tenant, request, cancellationToken);
    }

    private static Answer Checked(string written, IReadOnlyList<Source> given, IReadOnlyList<Source> sources, Evidence evidence)
    {
        if (written.Contains(Prompt.Declined, StringComparison.Ordinal))
        {
            return Answer.Declined(Answer.Generated, evidence.Score, sources);
        }

        (string text, IReadOnlyList<Citation> citations, int removed) = CheckCitations.In(written, given);

        // Words without a source are not passed off as an answer from the documents.
        return citations.Count == 0
            ? ExtractiveAnswer.Write(evidence, sources) with { RemovedCitations = removed }
            : new Answer(text, Answered: true, Answer.Generated, Math.Round(evidence.Score, 3), citations, sources, removed);
    }

    private async Task<string> CondenseAsync(TenantPlacement tenant, AskedQuestion asked, CancellationToken cancellationToken)
    {
        if (asked.History.Count == 0 || chat.Model is null)
        {
            return WithoutModel();
        }

        GeneratedText written = new(chat.Model, meter, tenant.Uid);
        IReadOnlyList<Turn> history = Prompt.Fit(asked.History, options.Value.MaxHistoryTokens, chat.Model.Tokens);
        try
        {
            await foreach (string _ in written.ReadAsync(Prompt.Condense(asked.Question, history), CondensedTokens, cancellationToken))
            {
                // Nobody waits for its pieces.
            }
        }
        catch (ChatUnavailableException)
        {
            // Half a question is none. Without it the search may still find what is asked for.
            return WithoutModel();
        }

        string question = written.Text.Trim();
        return question.Length > 0 && question.Length <= retrieval.Value.MaxQueryLength ? question : WithoutModel();

        string WithoutModel() => StandAlone.Of(asked.Question, asked.History, retrieval.Value.MaxQueryLength);
    }

    private int CandidatesFor(AskedQuestion asked) =>
        Math.Min(Math.Max(options.Value.Candidates, asked.Limit), retrieval.Value.MaxLimit);

    private static Source ToSource(Passage passage, int number) => new(
        number, passage.Document, passage.Title, passage.Heading, passage.Page, passage.Start, passage.End, passage.Text, passage.Score);
}
