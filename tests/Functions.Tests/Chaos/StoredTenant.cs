using Azure.Storage.Blobs;
using Azure.Storage.Blobs.Models;
using Npgsql;

namespace Freehold.Functions.Tests.Chaos;

/// <summary>What there is of a tenant: in storage, in the work store and in its database, read past the host.</summary>
internal sealed class StoredTenant(string id, string postgres, string catalog, BlobContainerClient container)
{
    private string? _database;

    public Guid Uid { get; private set; }

    public async Task FindAsync()
    {
        foreach (string[] row in await ReadAsync(catalog, "select uid::text, database_name from catalog.tenants where id = $1", id))
        {
            (Uid, _database) = (Guid.Parse(row[0]), row[1]);
        }
    }

    /// <summary>ETags by path.</summary>
    public async Task<Dictionary<string, string>> BlobsAsync()
    {
        Dictionary<string, string> blobs = [];
        await foreach (BlobItem blob in container.GetBlobsAsync(BlobTraits.None, BlobStates.None, id + "/", default))
        {
            blobs.Add(blob.Name[(id.Length + 1)..], blob.Properties.ETag!.Value.ToString("G").Trim('"'));
        }

        return blobs;
    }

    public async Task<byte[]> ContentAsync(string path) => (await container.GetBlobClient($"{id}/{path}").DownloadContentAsync()).Value.Content.ToArray();

    /// <summary>Puts another tenant's blob, as it is, to the same path.</summary>
    public async Task CopyAsync(StoredTenant from, string path, string fromId)
    {
        BlobDownloadResult blob = await container.GetBlobClient($"{fromId}/{path}").DownloadContentAsync();
        await container.GetBlobClient($"{id}/{path}").UploadAsync(
            blob.Content,
            new BlobUploadOptions { HttpHeaders = new BlobHttpHeaders { ContentType = blob.Details.ContentType }, Metadata = blob.Details.Metadata });
    }

    /// <summary>ETag of the manifest, by path.</summary>
    public async Task<Dictionary<string, string>> ManifestAsync() => (await ReadAsync(
        catalog, "select path, trim('\"' from etag) from work.documents where tenant_uid = $1", Uid)).ToDictionary(row => row[0], row => row[1]);

    /// <summary>What is still to be done, or is held.</summary>
    public async Task<IReadOnlyList<string>> UnfinishedAsync() => [.. (await ReadAsync(
        catalog,
        """
        select path || ' ' || state || coalesce(' turn ' || turn_at, '') || coalesce(' due ' || next_attempt_at, '')
            || coalesce(' busy ' || busy_until, '') || coalesce(' ' || failure_reason, '')
        from work.documents where tenant_uid = $1 and (turn_at is not null or next_attempt_at is not null or busy_until is not null
            or state not in ('ready', 'failed'))
        """,
        Uid)).Select(row => row[0])];

    /// <summary>What the manifest says of each document, but for what differs between two uploads of the same.</summary>
    public async Task<Dictionary<string, string>> StatesAsync() => (await ReadAsync(
        catalog,
        """
        select path, case when state = 'ready'
            then concat_ws(' | ', state, searchable_etag = etag, title, media_type, bytes, chunks, tokens, metadata, counted_bytes, attempts >= 0, failure_step, failure_reason)
            else concat_ws(' | ', state, failure_step, failure_reason, bytes) end
        from work.documents where tenant_uid = $1
        """,
        Uid)).ToDictionary(row => row[0], row => row[1]);

    /// <summary>Every document in the tenant's database, down to each chunk's embedding, but for the numbers of its version.</summary>
    public async Task<Dictionary<string, (string ETag, string Head, string Text, string Chunks)>> DocumentsAsync() => (await ReadAsync(
        _database!,
        """
        select d.path, trim('"' from d.etag), concat_ws(' | ', d.content_hash, d.title, d.media_type, d.bytes, d.metadata, d.chunks, d.length),
            (select md5(string_agg(t.start_at || ' ' || t.content, '' order by t.start_at)) from texts t where t.version = d.version),
            (select count(*) || ' ' || md5(string_agg(concat_ws(
                    '|', c.id - (d.version << 20), c.heading, c.page, c.start_at, c.end_at, c.length, c.tokens, c.content_hash, c.language, c.content, e.embedding),
                    E'\n' order by c.id))
                from chunks c left join embeddings e using (id) where c.id >= d.version << 20 and c.id < (d.version + 1) << 20)
        from documents d
        """)).ToDictionary(row => row[0], row => (row[1], row[2], row[3], row[4]));

    /// <summary>What must be zero.</summary>
    public async Task<IReadOnlyDictionary<string, string>> LeftOversAsync() => (await ReadAsync(
        _database!,
        """
        select 'chunks of no document', (select count(*) from chunks c where not exists (
            select from documents d where d.version = c.id >> 20))::text
        union all select 'chunks beyond a document''s', (select sum(chunks) - (select count(*) from chunks) from documents)::text
        union all select 'embeddings without chunk', (select count(*) from embeddings e where not exists (select from chunks c where c.id = e.id))::text
        union all select 'chunks without embedding', (select count(*) from chunks c where not exists (select from embeddings e where c.id = e.id))::text
        union all select 'texts of no document', (select count(*) from texts t where not exists (select from documents d where d.version = t.version))::text
        union all select 'staged documents', (select count(*) from staged_documents)::text
        union all select 'staged chunks', (select count(*) from staged_chunks)::text
        union all select 'statistics of chunks', (select sum(chunks) - (select count(*) from chunks) from corpus_statistics)::text
        union all select 'statistics of words', (select sum(length) - (select coalesce(sum(length), 0) from chunks) from corpus_statistics)::text
        """)).ToDictionary(row => row[0], row => row[1]);

    private async Task<List<string[]>> ReadAsync(string database, string sql, object? parameter = null)
    {
        await using NpgsqlConnection connection = new(new NpgsqlConnectionStringBuilder(postgres) { Database = database, Pooling = false }.ConnectionString);
        await connection.OpenAsync();
        await using NpgsqlCommand command = new(sql, connection);
        if (parameter is not null)
        {
            command.Parameters.Add(new NpgsqlParameter { Value = parameter });
        }

        await using NpgsqlDataReader reader = await command.ExecuteReaderAsync();
        List<string[]> rows = [];
        while (await reader.ReadAsync())
        {
            rows.Add([.. Enumerable.Range(0, reader.FieldCount).Select(i => reader.IsDBNull(i) ? string.Empty : reader.GetString(i))]);
        }

        return rows;
    }
}
