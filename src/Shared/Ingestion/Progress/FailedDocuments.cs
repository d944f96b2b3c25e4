using System.Text.Json.Serialization;
using Freehold.Sql;
using Freehold.Tenants;
using Npgsql;

namespace Freehold.Ingestion;

/// <summary>A document that has failed, as the operator sees it.</summary>
public sealed record FailedDocument(string Tenant, string Path, string Step, string Reason, int Attempts, DateTimeOffset FailedAt)
{
    /// <summary>Where the list goes on after it.</summary>
    internal FailedDocumentPlace Place { get; init; }

    /// <summary>The same, as a cursor.</summary>
    [JsonIgnore]
    public string Cursor => Place.ToString();
}

/// <summary>A place in the list of failed documents.</summary>
public readonly record struct FailedDocumentPlace(Guid TenantUid, string Path)
{
    /// <summary>From a cursor.</summary>
    /// <exception cref="InvalidInputException">No list has given it.</exception>
    public static FailedDocumentPlace Parse(string? cursor)
    {
        if (cursor is null)
        {
            return new FailedDocumentPlace(Guid.Empty, string.Empty);
        }

        int slash = cursor.IndexOf('/', StringComparison.Ordinal);
        return slash > 0 && Guid.TryParse(cursor.AsSpan(0, slash), out Guid uid)
            ? new FailedDocumentPlace(uid, cursor[(slash + 1)..])
            : throw new InvalidInputException("invalid-cursor", "The cursor is not one that a list here has given.");
    }

    /// <inheritdoc/>
    public override string ToString() => $"{TenantUid}/{Path}";
}

/// <summary>Which failed documents are wanted.</summary>
public sealed record FailedDocumentQuery(TenantId? Tenant, string? Step, FailedDocumentPlace After, int Limit);

/// <summary>What has failed, over all tenants of this region, read without waking a tenant's database.</summary>
public sealed class FailedDocuments(WorkStore work, TenantCatalog tenants, Regions regions)
{
    /// <summary>Failed documents, tenant by tenant.</summary>
    /// <exception cref="TenantNotFoundException">There is no such tenant.</exception>
    /// <exception cref="MisdirectedRegionException">The tenant is in another region.</exception>
    public async Task<IReadOnlyList<FailedDocument>> ListAsync(FailedDocumentQuery query, CancellationToken cancellationToken)
    {
        TenantPlacement? tenant = query.Tenant is { } id
            ? await tenants.FindPlacementAsync(id, cancellationToken) ?? throw new TenantNotFoundException()
            : null;
        regions.RequireHere(tenant?.Region ?? regions.Here);
        List<FailedDocument> failed = await ReadAsync(tenant?.Uid, query, cancellationToken);
        Guid[] uids = [.. failed.Select(document => document.Place.TenantUid).Distinct()];
        IReadOnlyDictionary<Guid, string> ids = await tenants.FindIdsAsync(uids, cancellationToken);
        return [.. failed.Select(document => document with { Tenant = ids.GetValueOrDefault(document.Place.TenantUid, document.Tenant) })];
    }

    private async Task<List<FailedDocument>> ReadAsync(Guid? tenantUid, FailedDocumentQuery query, CancellationToken cancellationToken)
    {
        string ofTenant = tenantUid is null ? "$1::uuid is null" : "tenant_uid = $1";
        await using NpgsqlCommand command = work.Command(
                $"""
                select tenant_uid, path, coalesce(failure_step, ''), coalesce(failure_reason, ''), attempts, changed_at
                from work.documents
                where state = 'failed' and {ofTenant} and (tenant_uid, path) > ($2, $3) and ($4 is null or failure_step = $4)
                order by tenant_uid, path limit $5
                """)
            .With(tenantUid).With(query.After.TenantUid).With(query.After.Path).With(query.Step).With(query.Limit);
        await using NpgsqlDataReader reader = await command.ExecuteReaderAsync(cancellationToken);
        List<FailedDocument> failed = [];
        while (await reader.ReadAsync(cancellationToken))
        {
            FailedDocumentPlace place = new(reader.GetGuid(0), reader.GetString(1));
            failed.Add(new FailedDocument(
                place.TenantUid.ToString(),
                place.Path,
                reader.GetString(2),
                reader.GetString(3),
                reader.GetInt32(4),
                reader.GetFieldValue<DateTimeOffset>(5))
            { Place = place });
        }

        return failed;
    }
}
