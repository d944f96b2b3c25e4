using Freehold.Retrieval;
using Freehold.Tenants;

namespace Freehold.Answers;

/// <summary>A request that can be answered.</summary>
internal sealed record AskedQuestion(string Question, int Limit, IReadOnlyList<Turn> History, string? Language)
{
    public const string User = "user";
    public const string Assistant = "assistant";

    /// <exception cref="InvalidInputException">It cannot be answered.</exception>
    public static AskedQuestion Check(AskRequest request, AnswersOptions options, RetrievalOptions retrieval)
    {
        if (string.IsNullOrWhiteSpace(request.Question))
        {
            throw new InvalidInputException("empty-question", "Send a 'question'.");
        }

        if (request.Question.Length > retrieval.MaxQueryLength)
        {
            throw new InvalidInputException("question-too-long", $"A question has at most {retrieval.MaxQueryLength} characters.");
        }

        int limit = request.Limit ?? Math.Min(options.Sources, options.MaxSources);
        if (limit < 1 || limit > options.MaxSources)
        {
            throw new InvalidInputException("invalid-limit", $"The limit of sources is 1 to {options.MaxSources}.");
        }

        IReadOnlyList<Turn> history = request.History ?? [];
        if (history.Any(turn => turn is null || turn.Role is not (User or Assistant) || turn.Content is null))
        {
            throw new InvalidInputException("invalid-history", "Each turn of 'history' has a 'role', user or assistant, and a 'content'.");
        }

        return new AskedQuestion(
            request.Question.Trim(), limit, [.. history.TakeLast(options.MaxTurns)], SearchTerms.LanguageOf(request.Language));
    }
}
