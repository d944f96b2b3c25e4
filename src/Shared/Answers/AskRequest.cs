using System.Text.Json;

namespace Freehold.Answers;

/// <summary>What is asked.</summary>
/// <param name="Question">The question.</param>
/// <param name="Limit">How many sources an answer may rest on at most.</param>
/// <param name="Filter">Which documents are searched, as in a search.</param>
/// <param name="Mode">How they are searched, as in a search.</param>
/// <param name="History">The conversation before the question, oldest turn first.</param>
/// <param name="Language">
/// In which language the question is read, as in a search, and a chat model answers: a name such as <c>german</c>, or a code such as
/// <c>de</c>. By default each of those that the tenant's documents are in, and for the answer that of the question.
/// </param>
public sealed record AskRequest(
    string? Question,
    int? Limit = null,
    JsonElement? Filter = null,
    string? Mode = null,
    IReadOnlyList<Turn>? History = null,
    string? Language = null);

/// <summary>One turn of a conversation: <c>user</c> or <c>assistant</c>, and what was said.</summary>
public sealed record Turn(string? Role, string? Content);
