using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.Options;

namespace Freehold.Answers;

/// <summary>Settings below <c>Answers</c>.</summary>
public sealed class AnswersOptions
{
    /// <summary>
    /// Evidence, 0 to 1, under which a question is declined. Default 0.5, the point that was fitted for:
    /// <c>./bench answers</c> shows what it declines and answers.
    /// </summary>
    [Range(0.0, 1.0)]
    public double MinEvidence { get; set; } = 0.5;

    /// <summary>Passages that are weighed against one another, of which the best become sources. Default 50.</summary>
    [Range(1, 200)]
    public int Candidates { get; set; } = 50;

    /// <summary>Sources of an answer where a request does not say. Default 8.</summary>
    [Range(1, 50)]
    public int Sources { get; set; } = 8;

    /// <summary>Most sources that a request may ask for. Default 20.</summary>
    [Range(1, 50)]
    public int MaxSources { get; set; } = 20;

    /// <summary>Turns of a conversation that are looked at; earlier ones are left out. Default 8.</summary>
    [Range(0, 100)]
    public int MaxTurns { get; set; } = 8;

    /// <summary>Tokens of a conversation that are looked at; earlier turns are left out. Default 1,500.</summary>
    [Range(0, 100_000)]
    public int MaxHistoryTokens { get; set; } = 1_500;
}

[OptionsValidator]
internal sealed partial class AnswersOptionsValidator : IValidateOptions<AnswersOptions>;
