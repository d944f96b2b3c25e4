using Freehold.Postgres;
using Freehold.Sql;
using Npgsql;

namespace Freehold.Ingestion;

/// <summary>Statements that change a tenant's passages. Everywhere, $1 is the document's path and $2 the claim's number.</summary>
internal static class PassageSql
{
    /// <summary>
    /// Serialises attempts at a path ($1). What follows in the transaction sees what the holder before did. It is also planned once
    /// for all: PostgreSQL would plan these statements anew for every document's arrays, which costs a sixth of the time.
    /// </summary>
    public const string Lock =
        $"""
        select pg_advisory_xact_lock(hashtextextended($1, 0)), {ModelSwitch.Publisher}, set_config('plan_cache_mode', 'force_generic_plan', true)
        """;

    /// <summary>
    /// Ends the transaction in an error unless the database holds vectors of this model ($1) and takes more of them. In a statement of
    /// its own after <see cref="Lock"/>: it sees what the holder of the locks before did.
    /// </summary>
    public const string RequireModel =
        "select 1 / (embedding_model = $1 and (held_until is null or held_until < now()))::int from settings";

    /// <summary>
    /// Removes the path's passages, if they are of a lower claim and the claim has not lapsed ($4), in favour of what the same
    /// transaction puts; and, where embeddings are kept, if they are still those of the version ($5) that these belong to.
    /// <c>now()</c> is the transaction's beginning, so all statements see the same time; that ends a while before the claim lapses.
    /// </summary>
    public const string RemoveOlder =
        """
        with older as (
            select version, chunks, length from documents
            where path = $1 and claim < $2 and now() < $4 and ($5::bigint is null or version = $5)),
        removed as (delete from chunks c using older o where c.id >= o.version << 20 and c.id < (o.version + 1) << 20),
        forgotten as (delete from embeddings e using older o where e.id >= o.version << 20 and e.id < (o.version + 1) << 20),
        unread as (delete from texts t using older o where t.version = o.version)
        update corpus_statistics s set chunks = s.chunks - o.chunks, length = s.length - o.length
        from older o where s.shard = $3
        """;

    /// <summary>Writes the document's row, under the conditions of <see cref="RemoveOlder"/>: lapses at $3, keeps embeddings of $4.</summary>
    public const string PutDocument =
        """
        insert into documents as d (path, etag, content_hash, title, media_type, bytes, metadata, version, claim, chunks, length)
        select $1, $5, $6, $7, $8, $9, $10::jsonb, $2, $2, $11, $12
        where now() < $3 and not exists (select from removed_documents where path = $1 and claim > $2)
            and ($4::bigint is null or exists (select from documents where path = $1 and version = $4))
        on conflict (path) do update
        set etag = excluded.etag, content_hash = excluded.content_hash, title = excluded.title, media_type = excluded.media_type,
            bytes = excluded.bytes, metadata = excluded.metadata, version = excluded.version, claim = excluded.claim,
            chunks = excluded.chunks, length = excluded.length, updated_at = now()
        where d.claim < excluded.claim
        """;

    /// <summary>Puts pieces of the version's text ($3 starts, $4 contents), if it is the one published, or in any case ($5).</summary>
    public const string PutTexts =
        """
        insert into texts (version, start_at, content) select $2, t.start_at, t.content from unnest($3::int[], $4::text[]) as t (start_at, content)
        where $5 or exists (select from documents where path = $1 and version = $2)
        """;

    /// <summary>
    /// Puts chunks of the version, if it is the one published, or in any case ($12), in a language ($13) or the tenant's own. Only the
    /// first document of a language writes it down.
    /// </summary>
    public const string PutChunks =
        $"""
        with spoken as (select coalesce($13::text::regconfig, language) as language from settings),
        learnt as (
            insert into languages (language) select language from spoken s where not exists (select from languages l where l.language = s.language)
            on conflict do nothing)
        insert into chunks (id, heading, page, start_at, end_at, length, tokens, content_hash, language, content)
        select ($2 << 20) + c.ordinal, c.heading, c.page, c.start_at, c.end_at, c.length, c.tokens, c.content_hash, s.language, c.content
        from {ChunkColumns.Rows}, spoken s
        where $12 or exists (select from documents where path = $1 and version = $2)
        """;

    /// <summary>Puts embeddings ($4, of length $5 each) of chunks ($3) of the version, if it is the one published, or in any case ($6).</summary>
    public const string PutEmbeddings =
        """
        insert into embeddings (id, embedding)
        select ($2 << 20) + c.ordinal, ($4::real[])[(c.n - 1) * $5 + 1 : c.n * $5]::halfvec
        from unnest($3::int[]) with ordinality as c (ordinal, n)
        where $6 or exists (select from documents where path = $1 and version = $2)
        """;

    /// <summary>
    /// Gives chunks ($3) of the version the embeddings of chunks ($4) of the version ($5) that it replaces; before that one is removed,
    /// and if it will be: the claim lapses at $6.
    /// </summary>
    public const string KeepEmbeddings =
        """
        insert into embeddings (id, embedding)
        select ($2 << 20) + c.ordinal, e.embedding
        from unnest($3::int[], $4::bigint[]) as c (ordinal, present) join embeddings e on e.id = c.present
        where exists (select from documents where path = $1 and version = $5 and claim < $2 and now() < $6)
        """;

    /// <summary>Counts the chunks ($3) and words ($4) of the version, if it is the one published.</summary>
    public const string AddStatistics =
        """
        update corpus_statistics set chunks = chunks + $3, length = length + $4
        where shard = $5 and exists (select from documents where path = $1 and version = $2)
        """;

    /// <summary>Removes what claims below or equal to this one staged for the path.</summary>
    public const string RemoveStaged =
        """
        with gone as (delete from staged_documents where path = $1 and version <= $2 returning version),
        unread as (delete from texts t using gone g where t.version = g.version)
        delete from staged_chunks c using gone g where c.id >= g.version << 20 and c.id < (g.version + 1) << 20
        """;

    public static void AddLock(this NpgsqlBatch batch, DocumentClaim claim, string model)
    {
        batch.Add(Lock).With(claim.Path);
        batch.Add(RequireModel).With(model);
    }

    public static NpgsqlBatchCommand AddTexts(this NpgsqlBatch batch, DocumentClaim claim, IReadOnlyList<TextPiece> pieces, bool always) => batch
        .Add(PutTexts).With(claim.Path).With(claim.Number)
        .With(pieces.Select(piece => piece.Start).ToArray()).With(pieces.Select(piece => piece.Content).ToArray()).With(always);
}
