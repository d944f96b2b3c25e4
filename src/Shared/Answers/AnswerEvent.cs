namespace Freehold.Answers;

/// <summary>What happens while a question is answered.</summary>
public abstract record AnswerEvent;

/// <summary>The sources are known. The first event.</summary>
public sealed record SourcesFound(IReadOnlyList<Source> Sources) : AnswerEvent;

/// <summary>More of the answer, as it comes from the model: unchecked.</summary>
public sealed record AnswerPart(string Text) : AnswerEvent;

/// <summary>The whole answer, checked. The last event; it takes the place of the parts.</summary>
public sealed record AnswerReady(Answer Answer) : AnswerEvent;
