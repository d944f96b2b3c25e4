using System.Text.Json;

namespace Freehold.Answers;

/// <summary>What is asked.</summary>
/// <param name="Question">The question.</param>
/// <param name="Limit">How many sources an answer may rest on at most.</param>
/// <param name="Filter">Which documents are searched, as in a search.</param>
/// <param name="Mode">How they are searched, as in a search.</param>
/// <param name="History">The conversation before the question, oldest turn first.</param>
/// <param name="Language">Language of the answer, a code such as <c>en</c> or <c>de-AT</c>; that of the question by default. Only a chat model heeds it.</param>
public sealed record AskRequest(
    string? Question,
    int? Limit = null,
    JsonElement? Filter = null,
    string? Mode = null,
    IReadOnlyList<Turn>? History = null,
    string? Language = null);

/// <summary>One turn of a conversation: <c>user</c> or <c>assistant</c>, and what was said.</summary>
public sealed record Turn(string? Role, string? Content);
