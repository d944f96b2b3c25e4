using System.Text;
using Freehold.Ingestion;
using Freehold.Integration.Tests.Fixtures;
using Freehold.Postgres;
using Freehold.Storage;
using Freehold.Tenants;
using Npgsql;

namespace Freehold.Integration.Tests.Ingestion;

public sealed class ReadTextTests(FreeholdFixture freehold) : IClassFixture<FreeholdFixture>
{
    private static readonly DocumentPath Path = DocumentPath.Parse("a.txt");

    [ServerTheory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(16)]
    [InlineData(17)]
    [InlineData(100)]
    public async Task Pieces_are_given_in_order_however_many_there_are(int pieces)
    {
        TenantPlacement tenant = await freehold.ProvisionAsync();
        string etag = (await freehold.IngestAsync(tenant, "a.txt", "Nothing of this.")).ETag;
        await freehold.IngestAsync(tenant, "other.txt", "Of another document.");
        await PutPiecesAsync(tenant, pieces);

        DocumentText text = await freehold.Get<ReadText>().RunAsync(tenant, Path, default);

        Assert.Equal(etag, text.ETag);
        Assert.Equal(string.Concat(Enumerable.Range(0, pieces).Select(Piece)), await ReadAsync(text));
    }

    [ServerFact]
    public async Task Text_that_is_replaced_while_it_is_read_breaks_off()
    {
        TenantPlacement tenant = await freehold.ProvisionAsync();
        await freehold.IngestAsync(tenant, "a.txt", "Nothing of this.");
        await PutPiecesAsync(tenant, 40);
        DocumentText text = await freehold.Get<ReadText>().RunAsync(tenant, Path, default);

        await freehold.IngestAsync(tenant, "a.txt", "Something else.");

        await Assert.ThrowsAsync<TextReplacedException>(() => ReadAsync(text));
    }

    [ServerFact]
    public async Task Document_that_is_not_there_or_not_searchable_is_refused_with_what_to_do()
    {
        TenantPlacement tenant = await freehold.ProvisionAsync();
        ReadText read = freehold.Get<ReadText>();
        await Assert.ThrowsAsync<DocumentNotFoundException>(() => read.RunAsync(tenant, Path, default));

        await freehold.UploadAsync(tenant, "a.txt", "Not yet read.");
        Assert.Contains("being taken in", (await Assert.ThrowsAsync<DocumentNotSearchableException>(() => read.RunAsync(tenant, Path, default))).Message, StringComparison.Ordinal);

        await freehold.WriteBlobAsync(tenant, "a.txt", string.Empty);
        await freehold.LookAtAsync(tenant, "a.txt");
        Assert.Contains("failure", (await Assert.ThrowsAsync<DocumentNotSearchableException>(() => read.RunAsync(tenant, Path, default))).Message, StringComparison.Ordinal);
    }

    [ServerFact]
    public async Task Failed_version_leaves_the_text_of_the_searchable_one()
    {
        TenantPlacement tenant = await freehold.ProvisionAsync();
        string etag = (await freehold.IngestAsync(tenant, "a.txt", "The good version.")).ETag;
        await freehold.WriteBlobAsync(tenant, "a.txt", string.Empty);
        await freehold.LookAtAsync(tenant, "a.txt");

        DocumentText text = await freehold.Get<ReadText>().RunAsync(tenant, Path, default);

        Assert.Equal((etag, "The good version."), (text.ETag, await ReadAsync(text)));
    }

    [ServerFact]
    public async Task Text_of_another_tenant_is_not_found()
    {
        (TenantPlacement one, TenantPlacement other) = (await freehold.ProvisionAsync(), await freehold.ProvisionAsync());
        await freehold.IngestAsync(one, "a.txt", "Mine alone.");

        await Assert.ThrowsAsync<DocumentNotFoundException>(() => freehold.Get<ReadText>().RunAsync(other, Path, default));
    }

    private static string Piece(int number) => $"{number} — 𝄞\n";

    private static async Task<string> ReadAsync(DocumentText text)
    {
        StringBuilder all = new();
        await foreach (string piece in text.Pieces)
        {
            all.Append(piece);
        }

        return all.ToString();
    }

    // As many as a text of many megabytes has.
    private async Task PutPiecesAsync(TenantPlacement tenant, int pieces)
    {
        await using TenantConnection connection = await freehold.Get<TenantDataSources>().OpenAsync(tenant, WakeCause.Search, default);
        await using NpgsqlBatch batch = new(connection.Connection);
        batch.BatchCommands.Add(new NpgsqlBatchCommand("delete from texts where version = (select version from documents where path = 'a.txt')"));
        int start = 0;
        foreach (string piece in Enumerable.Range(0, pieces).Select(Piece))
        {
            batch.BatchCommands.Add(new NpgsqlBatchCommand("insert into texts (version, start_at, content) select version, $1, $2 from documents where path = 'a.txt'")
            {
                Parameters = { new NpgsqlParameter<int> { TypedValue = start }, new NpgsqlParameter<string> { TypedValue = piece } },
            });
            start += piece.Length;
        }

        await batch.ExecuteNonQueryAsync();
    }
}
