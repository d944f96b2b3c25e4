using Freehold.Bench.Setup;
using Freehold.Tenants;

namespace Freehold.Bench.Search;

/// <summary>A tenant that has grown by copies of what was taken in, in the database itself: much faster than taking it in again.</summary>
internal static class CopiedChunks
{
    // Far above the numbers that ingestion gives, and far below what a chunk's id has room for.
    private const long VersionsApart = 1L << 32;

    /// <summary>Adds copies of all documents with their passages, under names and numbers of their own.</summary>
    public static async Task AddAsync(Servers servers, TenantPlacement tenant, int copies, CancellationToken cancellationToken)
    {
        string chunk = $"t.id + ((copy * {VersionsApart}) << 20)";
        string version = $"t.version + copy * {VersionsApart}";
        foreach ((string table, string changed) in ((string, string)[])
        [
            ("documents", $"('path', 't.path || ''.'' || copy'), ('version', '{version}'), ('claim', 't.claim + copy * {VersionsApart}')"),
            ("chunks", $"('id', '{chunk}')"),
            ("embeddings", $"('id', '{chunk}')"),
            ("texts", $"('version', '{version}')"),
        ])
        {
            await servers.ExecuteAsync(
                $"""
                do $do$ declare columns text; expressions text; begin
                    select string_agg(quote_ident(column_name), ', ' order by ordinal_position),
                        string_agg(coalesce(expression, 't.' || quote_ident(column_name)), ', ' order by ordinal_position) into columns, expressions
                    from information_schema.columns left join (values {changed}) as changed (name, expression) on name = column_name
                    where table_schema = 'public' and table_name = '{table}' and is_generated = 'NEVER' and is_identity = 'NO';
                    execute format('insert into {table} (%s) select %s from {table} t, generate_series(1::bigint, {copies}) as copy', columns, expressions);
                end $do$
                """,
                cancellationToken,
                tenant.Database!);
        }

        await servers.ExecuteAsync(
            $"update corpus_statistics set chunks = chunks * {copies + 1}, length = length * {copies + 1}", cancellationToken, tenant.Database!);
    }
}
