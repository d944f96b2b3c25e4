using Freehold.Tenants;

namespace Freehold.Answers;

/// <summary>The chat model does not write now, or has broken off.</summary>
public sealed class ChatUnavailableException(Exception innerException) : RefusalException(
    RefusalKind.Unavailable,
    "chat-unavailable",
    "The chat model does not answer now. Try again in a while, or search instead.",
    innerException);
