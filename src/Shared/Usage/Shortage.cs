using System.Globalization;

namespace Freehold.Usage;

/// <summary>What the plan lacks for what is asked: the limit's name, its figure, and how much is in use.</summary>
public sealed record Shortage(string Quota, long Limit, long Used, string Unit)
{
    internal bool EndsWithMonth { get; private init; }

    /// <summary>For the tenant.</summary>
    public string Sentence => string.Create(
        CultureInfo.InvariantCulture,
        $"The plan allows {Limit:N0} {Unit}; {Used:N0} are in use. {(EndsWithMonth ? "Wait for the next month" : "Delete documents")}, or ask for a larger plan.");

    internal static Shortage OfDocuments(long limit, long used) => new("documents", limit, used, "documents");

    internal static Shortage OfBytes(long limit, long used) => new("stored-bytes", limit, used, "bytes of documents");

    internal static Shortage OfChunks(long limit, long used) => new("chunks", limit, used, "passages");

    internal static Shortage OfAwakeTime(long limit, long used) =>
        new("awake-seconds", limit, used, "seconds a month for which its database is awake") { EndsWithMonth = true };

    internal static Shortage OfTokens(long limit, long used) =>
        new("embedded-tokens", limit, used, "embedded tokens a month") { EndsWithMonth = true };
}
