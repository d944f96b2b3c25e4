using System.Runtime.CompilerServices;
using Freehold.Postgres;
using Freehold.Sql;
using Freehold.Storage;
using Freehold.Tenants;
using Npgsql;

namespace Freehold.Ingestion;

/// <summary>The text of a document's searchable version, as it was extracted: what <c>start</c> and <c>end</c> of a passage refer to.</summary>
public sealed class ReadText(TenantDataSources dataSources, Manifest manifest)
{
    private const int PiecesAtATime = 16;

    /// <summary>Finds a document's text and reads its beginning.</summary>
    /// <exception cref="DocumentNotFoundException">There is no such document.</exception>
    /// <exception cref="DocumentNotSearchableException">No version of it is served yet.</exception>
    public async Task<DocumentText> RunAsync(TenantPlacement tenant, DocumentPath path, CancellationToken cancellationToken)
    {
        Portion? first = await ReadAsync(tenant, path, -1, cancellationToken);
        if (first is not null)
        {
            return new DocumentText(first.ETag, PiecesAsync(tenant, path, first, cancellationToken));
        }

        DocumentStatus status = await manifest.FindAsync(tenant.Uid, path, cancellationToken) ?? throw new DocumentNotFoundException();
        throw new DocumentNotSearchableException(status.State == DocumentStates.Failed);
    }

    // A connection is held for as long as a portion takes to be read, and never for as long as its receiver takes.
    private async IAsyncEnumerable<string> PiecesAsync(
        TenantPlacement tenant, DocumentPath path, Portion first, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        for (Portion portion = first; ;)
        {
            foreach (string piece in portion.Pieces)
            {
                yield return piece;
            }

            if (portion.LastStart >= (first.End ?? -1))
            {
                yield break;
            }

            portion = await ReadAsync(tenant, path, portion.LastStart, cancellationToken) is { } next && next.Version == first.Version
                ? next
                : throw new TextReplacedException();
        }
    }

    private async Task<Portion?> ReadAsync(TenantPlacement tenant, DocumentPath path, int after, CancellationToken cancellationToken)
    {
        await using TenantConnection connection = await dataSources.OpenAsync(tenant, WakeCause.Reading, cancellationToken);
        await using NpgsqlCommand command = new(
            """
            select d.version, d.etag, (select max(start_at) from texts where version = d.version), t.start_at, t.content
            from documents d left join texts t on t.version = d.version and t.start_at > $2
            where d.path = $1 order by t.start_at limit $3
            """,
            connection.Connection);
        command.With(path.Value).With(after).With(PiecesAtATime);
        await using NpgsqlDataReader reader = await command.ExecuteReaderAsync(cancellationToken);
        Portion? portion = null;
        while (await reader.ReadAsync(cancellationToken))
        {
            portion ??= new Portion(reader.GetInt64(0), reader.GetString(1), reader.Optional<int?>(2));
            if (!reader.IsDBNull(3))
            {
                portion.LastStart = reader.GetInt32(3);
                portion.Pieces.Add(reader.GetString(4));
            }
        }

        return portion;
    }

    /// <summary>Some pieces of one version. <paramref name="End"/> is where its last piece starts; null where it has none.</summary>
    private sealed record Portion(long Version, string ETag, int? End)
    {
        public List<string> Pieces { get; } = [];

        public int LastStart { get; set; } = -1;
    }
}

/// <summary>A document's text, piece by piece. Enumerate it once.</summary>
/// <param name="ETag">Of the version whose text it is.</param>
/// <param name="Pieces">Ends with <see cref="TextReplacedException"/> when another version takes its place before the last piece is read.</param>
public sealed record DocumentText(string ETag, IAsyncEnumerable<string> Pieces);

/// <summary>A text was replaced while it was being read: what was read of it has no end.</summary>
public sealed class TextReplacedException() : Exception("The document was replaced or removed while its text was read.");

/// <summary>The document is known, and no version of it is served.</summary>
public sealed class DocumentNotSearchableException(bool failed) : RefusalException(
    RefusalKind.NotFound,
    "document-not-searchable",
    failed
        ? "No version of this document could be taken in. Get its state: the failure says why."
        : "This document is still being taken in. Ask again when its state is 'ready'.");
