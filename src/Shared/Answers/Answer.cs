namespace Freehold.Answers;

/// <summary>A passage that an answer may rest on. <paramref name="Number"/> is what <c>[n]</c> in the answer names.</summary>
public sealed record Source(
    int Number, string Document, string? Title, string Heading, int? Page, int Start, int End, string Text, double Score);

/// <summary>
/// Where a statement of the answer is found. <paramref name="Text"/> is what stands in the document's extracted text from
/// <paramref name="Start"/> to <paramref name="End"/>.
/// </summary>
/// <param name="Source">Number of the source.</param>
/// <param name="Document">Path of its document.</param>
/// <param name="Title">Title of the document.</param>
/// <param name="Heading">Headings above the passage.</param>
/// <param name="Page">Page, where the document has pages.</param>
/// <param name="Start">First UTF-16 code unit.</param>
/// <param name="End">The one after the last.</param>
/// <param name="Text">The text there.</param>
/// <param name="Quote">What the answer quoted, where it did.</param>
/// <param name="Verified">
/// With a quote: it stands in the source, word for word. Without one: the statement's numbers, and at least half of the words that say what it
/// is about, stand in the sources that it cites.
/// </param>
public sealed record Citation(
    int Source,
    string Document,
    string? Title,
    string Heading,
    int? Page,
    int Start,
    int End,
    string Text,
    string? Quote,
    bool Verified);

/// <summary>An answer, or that there is none in the tenant's documents.</summary>
/// <param name="Text">The answer, its sources named as <c>[n]</c>.</param>
/// <param name="Answered">False where the documents do not hold the answer, as far as can be told.</param>
/// <param name="Kind"><c>generated</c> by a chat model, or <c>extractive</c>: sentences of the documents, word for word.</param>
/// <param name="Evidence">How much speaks for the documents holding the answer, 0 to 1.</param>
/// <param name="Citations">In the order of the answer.</param>
/// <param name="Sources">What the answer could rest on.</param>
/// <param name="RemovedCitations">Citations of sources that there are not, which were taken out of a generated answer.</param>
public sealed record Answer(
    string Text,
    bool Answered,
    string Kind,
    double Evidence,
    IReadOnlyList<Citation> Citations,
    IReadOnlyList<Source> Sources,
    int RemovedCitations = 0)
{
    internal const string Generated = "generated";
    internal const string Extractive = "extractive";
    internal const string NotInDocuments = "The documents do not hold an answer to this question.";

    internal static Answer Declined(string kind, double evidence, IReadOnlyList<Source> sources) =>
        new(NotInDocuments, Answered: false, kind, Math.Round(evidence, 3), [], sources);
}
