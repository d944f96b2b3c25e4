using Freehold.Tenants;

namespace Freehold.Retrieval.Evaluation;

/// <summary>Refuses evaluations that cannot be meant, before anything is kept or searched.</summary>
internal static class CheckEvaluation
{
    private const int MaxQuestions = 1_000;
    private const int MaxJudgements = 100;
    private const int MaxNameLength = 200;
    private const int MaxContainsLength = 2_000;
    private const int MaxGrade = 100;
    private const int MinLimit = 10;
    private const int MaxWeights = 10;
    private const double MaxWeight = 100;

    /// <summary>Takes what a caller asks for.</summary>
    /// <exception cref="InvalidInputException">It cannot be meant.</exception>
    /// <exception cref="ImpossibleRequestException">There is no such target here.</exception>
    public static EvaluationTerms Check(EvaluationRequest request, RetrievalOptions options)
    {
        CheckTarget(request.Target);
        Require(request.Name is null || (request.Name.Length is > 0 and <= MaxNameLength && !request.Name.Any(char.IsControl)),
            $"A name has 1 to {MaxNameLength} characters, and no control characters.");
        Require(request.Questions?.Count is > 0 and <= MaxQuestions, $"'questions' has 1 to {MaxQuestions:N0} of them.");
        Require(request.Modes is null || (request.Modes.Count > 0 && request.Modes.Distinct().Count() == request.Modes.Count),
            "'modes' names each mode once.");
        Require(request.Limit is null || (request.Limit >= MinLimit && request.Limit <= options.MaxLimit),
            $"The limit is {MinLimit} to {options.MaxLimit}.");
        CheckTried(request);

        EvaluationTerms terms = new(request);
        foreach ((int index, JudgedQuestion question) in terms.Questions.Index())
        {
            CheckQuestion(question, index + 1, terms, options);
        }

        CheckAcceptance(request, terms);
        return terms;
    }

    private static void CheckTarget(string? target)
    {
        if (target == "branch")
        {
            throw new ImpossibleRequestException(
                "no-branches", "An evaluation asks the live database: it changes nothing there, so it needs no branch. Leave 'target' out.");
        }

        Require(target is null or "live", "The target is 'live', the tenant's database as it is.");
    }

    private static void CheckTried(EvaluationRequest request)
    {
        double[] weights = [.. request.Try?.Weights ?? [], .. request.Try?.DenseWeight is { } weight ? (double[])[weight] : []];
        Require(request.Try?.Weights is null or { Count: > 0 and <= MaxWeights } && weights.Distinct().Count() == weights.Length
            && weights.All(value => value is >= 0 and <= MaxWeight),
            $"Weights are 0 to {MaxWeight}, each once, and 'weights' has at most {MaxWeights} of them.");
        Require(weights.Length == 0 || request.Modes?.Contains(EvaluationTerms.Hybrid) != false, "Weights are for the mode 'hybrid'. Name it among the modes.");
    }

    private static void CheckQuestion(JudgedQuestion? question, int number, EvaluationTerms terms, RetrievalOptions options)
    {
        Require(question?.Relevant?.Count is > 0 and <= MaxJudgements, $"Question {number} needs 1 to {MaxJudgements} 'relevant' documents or passages.");
        try
        {
            foreach (MeasuredWay way in terms.Ways)
            {
                SearchTerms.Check(terms.Search(question!, way.Mode), options);
            }
        }
        catch (InvalidInputException exception)
        {
            throw new InvalidInputException(exception.Problem, $"Question {number}: {exception.Message}");
        }

        foreach (Judgement? judgement in question!.Relevant!)
        {
            Require(
                judgement is { Document.Length: > 0, Grade: > 0 and <= MaxGrade },
                $"What is relevant to question {number} names a 'document', and has a grade of 1 to {MaxGrade}.");
            bool isRange = judgement!.Start is not null || judgement.End is not null;
            Require(
                !isRange || (judgement is { Start: >= 0, Contains: null } && judgement.End > judgement.Start),
                $"A passage that is relevant to question {number} is given by 'start' and a greater 'end', or by what it 'contains'.");
            Require(
                judgement.Contains is null || (!string.IsNullOrWhiteSpace(judgement.Contains) && judgement.Contains.Length <= MaxContainsLength),
                $"What a passage 'contains' that is relevant to question {number} has 1 to {MaxContainsLength:N0} characters.");
        }

        Require(
            question.Relevant.DistinctBy(judgement => judgement with { Grade = 0 }).Count() == question.Relevant.Count,
            $"Something relevant to question {number} is named twice.");
    }

    private static void CheckAcceptance(EvaluationRequest request, EvaluationTerms terms)
    {
        if (request.Accept is null)
        {
            return;
        }

        Require(request.Against is not null, "'accept' is for a comparison. Name an earlier evaluation as 'against'.");
        Acceptance acceptance = terms.Acceptance;
        Require(
            EvaluationTerms.Metrics.All.Contains(acceptance.Metric) && acceptance.MinDelta is >= -1 and <= 1
                && terms.Ways.Any(way => way.Mode == acceptance.Mode),
            $"'accept' takes a 'metric' of {string.Join(", ", EvaluationTerms.Metrics.All)}, a 'minDelta' of -1 to 1, and a 'mode' that is measured.");
    }

    private static void Require(bool condition, string sentence)
    {
        if (!condition)
        {
            throw new InvalidInputException("invalid-evaluation", sentence);
        }
    }
}
