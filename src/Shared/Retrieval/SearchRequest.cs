using System.Text.Json;

namespace Freehold.Retrieval;

/// <summary>What is searched for. docs/search.md tells what each member does.</summary>
/// <param name="Query">Words, or a question.</param>
/// <param name="Limit">How many passages at most; 10 by default.</param>
/// <param name="Mode"><c>hybrid</c> (default), <c>lexical</c> or <c>dense</c>.</param>
/// <param name="Filter">Which documents are searched, by their metadata, path and media type; by default all.</param>
/// <param name="Language">
/// In which language the words are read, and so which documents' words they are compared with: a name of PostgreSQL's, such as
/// <c>german</c>, or a code such as <c>de</c>. By default, each of those that the tenant's documents are in.
/// </param>
/// <param name="MaxPerDocument">Most passages of one document; by default any number.</param>
/// <param name="Diversity">0 to 1: how much a passage loses by being like a better one. By default nothing.</param>
/// <param name="Expand">Neighbours on either side that each passage is joined with, up to 3; by default none.</param>
/// <param name="Rerank">False to leave out the model that puts passages in order, where there is one.</param>
/// <param name="After">The cursor of the page before.</param>
public sealed record SearchRequest(
    string? Query,
    int? Limit = null,
    string? Mode = null,
    JsonElement? Filter = null,
    string? Language = null,
    int? MaxPerDocument = null,
    double? Diversity = null,
    int? Expand = null,
    bool? Rerank = null,
    string? After = null);

/// <summary>
/// A passage that answers, with what a citation needs. <c>Start</c> and <c>End</c> count UTF-16 code units of the document's text.
/// <c>Score</c> is the search's; <c>RerankScore</c> that of the model that put it in its place, or null.
/// </summary>
public sealed record Passage(
    string Document,
    string? Title,
    string Heading,
    int? Page,
    int Start,
    int End,
    string Text,
    double Score,
    JsonElement Metadata,
    double? RerankScore = null);

/// <summary>Passages, best first.</summary>
/// <param name="Passages">The passages.</param>
/// <param name="Cursor">What to go on after; null after the last.</param>
/// <param name="Reranking">Whether a model put them in order; null where there is none, or it was not wanted.</param>
/// <param name="Times">Where the time went.</param>
public sealed record FoundPassages(IReadOnlyList<Passage> Passages, string? Cursor, Reranking? Reranking, SearchTimes Times);

/// <summary>How long the parts of a search took.</summary>
/// <param name="Embedding">Making a vector of the query.</param>
/// <param name="Database">Waiting for the database, a connection to it included.</param>
/// <param name="Reranking">Waiting for the model that puts passages in order; null where it was not asked.</param>
public readonly record struct SearchTimes(TimeSpan Embedding, TimeSpan Database, TimeSpan? Reranking);
