using Freehold.Sql;
using Npgsql;

namespace Freehold.Tenants;

/// <summary>Reads tenants from the control database. Never opens a tenant's own.</summary>
public sealed class TenantCatalog(CatalogDatabase catalog)
{
    private const string Columns =
        "uid, id, display_name, state, region, plan, created_at, ready_at, schema_version, failure, over_quota_at, quota_resets_at";

    // A pause that is older was left by a host that died in it. What is written then is copied after the switch.
    private const string PlacementColumns =
        """
        t.uid, t.id, t.state, t.plan, t.provider, t.host, t.port, t.pooler_host, t.database_name, t.role_name, t.encrypted_password,
        t.schema_version, t.embedding_model, t.region, t.next_region, coalesce(t.paused_at > now() - interval '5 minutes', false),
        t.over_quota_at is not null
        """;

    /// <summary>The tenant of that name that is not deleted, or null.</summary>
    public async Task<Tenant?> FindAsync(TenantId id, CancellationToken cancellationToken)
    {
        await using NpgsqlCommand command = catalog
            .Command($"select {Columns} from catalog.tenants where id = $1 and state <> 'deleted'").With(id.Value);
        await using NpgsqlDataReader reader = await command.ExecuteReaderAsync(cancellationToken);
        return await reader.ReadAsync(cancellationToken) ? ReadTenant(reader) : null;
    }

    /// <summary>Tenants by name, from the one after <paramref name="after"/>, at most <paramref name="limit"/>.</summary>
    public async Task<IReadOnlyList<Tenant>> ListAsync(
        TenantState? state, string? region, string? after, int limit, CancellationToken cancellationToken)
    {
        await using NpgsqlCommand command = catalog.Command(
                $"""
                select {Columns} from catalog.tenants
                where state <> 'deleted' and id > $1 and ($2 is null or state = $2) and ($3 is null or region = $3)
                order by id limit $4
                """)
            .With(after ?? string.Empty)
            .With(state?.ToName())
            .With(region)
            .With(limit);
        await using NpgsqlDataReader reader = await command.ExecuteReaderAsync(cancellationToken);
        List<Tenant> tenants = [];
        while (await reader.ReadAsync(cancellationToken))
        {
            tenants.Add(ReadTenant(reader));
        }

        return tenants;
    }

    /// <summary>Gives a tenant another display name.</summary>
    public async Task RenameAsync(TenantId id, string displayName, Caller caller, CancellationToken cancellationToken)
    {
        DisplayName.Check(displayName);
        await using NpgsqlCommand command = catalog.Command(
                """
                with renamed as (
                    update catalog.tenants set display_name = $2 where id = $1 and state not in ('deleting', 'deleted') returning uid, id)
                insert into catalog.audit (actor, action, tenant_id, tenant_uid) select $3, 'tenant-renamed', id, uid from renamed
                """)
            .With(id.Value).With(displayName).With(caller.Name);
        if (await command.ExecuteNonQueryAsync(cancellationToken) == 0)
        {
            Tenant tenant = await FindAsync(id, cancellationToken) ?? throw new TenantNotFoundException();
            throw new TenantNotReadyException(tenant.State);
        }
    }

    /// <summary>Notes until when a link is good with which a tenant's blobs can be written.</summary>
    /// <param name="tenant">The tenant, as the caller knows it.</param>
    /// <param name="until">When the link ends.</param>
    /// <param name="cancellationToken">Notes nothing.</param>
    /// <exception cref="TenantNotReadyException">The tenant is deleted: there must be no link.</exception>
    /// <exception cref="TenantChangingRegionException">It has left the region, and from then on there must be none to what is left there.</exception>
    internal async Task NoteUploadLinkAsync(TenantPlacement tenant, DateTimeOffset until, CancellationToken cancellationToken)
    {
        await using NpgsqlCommand command = catalog.Command(
                """
                update catalog.tenants set upload_links_until = case when region = $3 then greatest(upload_links_until, $2) else upload_links_until end
                where uid = $1 and state <> 'deleted' returning region = $3
                """)
            .With(tenant.Uid).With(until).With(tenant.Region);
        if (await command.ExecuteScalarAsync(cancellationToken) is not bool isThere)
        {
            throw new TenantNotReadyException(TenantState.Deleted);
        }

        if (!isThere)
        {
            throw new TenantChangingRegionException();
        }
    }

    /// <summary>Notes that the provider refuses the tenant's database for its quota.</summary>
    /// <returns>When the quota begins anew; null where that is not known.</returns>
    internal async Task<DateTimeOffset?> NoteOverQuotaAsync(Guid uid, CancellationToken cancellationToken)
    {
        await using NpgsqlCommand command = catalog
            .Command("update catalog.tenants set over_quota_at = now() where uid = $1 returning quota_resets_at").With(uid);
        return await command.ExecuteScalarAsync(cancellationToken) is DateTime resets ? new DateTimeOffset(resets, TimeSpan.Zero) : null;
    }

    /// <summary>Notes that the provider lets the tenant's database be entered again.</summary>
    internal async Task NoteWithinQuotaAsync(Guid uid, CancellationToken cancellationToken)
    {
        await using NpgsqlCommand command = catalog
            .Command("update catalog.tenants set over_quota_at = null where uid = $1 and over_quota_at is not null").With(uid);
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    /// <summary>Where the tenant of that name, not deleted, is placed, or null.</summary>
    public Task<TenantPlacement?> FindPlacementAsync(TenantId id, CancellationToken cancellationToken) => FindPlacementAsync(
        catalog.Command($"select {PlacementColumns} from catalog.tenants t where t.id = $1 and t.state <> 'deleted'").With(id.Value),
        cancellationToken);

    /// <summary>Where the tenant of that uid, in whatever state, is placed, or null.</summary>
    public Task<TenantPlacement?> FindPlacementAsync(Guid uid, CancellationToken cancellationToken) => FindPlacementAsync(
        catalog.Command($"select {PlacementColumns} from catalog.tenants t where t.uid = $1").With(uid), cancellationToken);

    /// <summary>Which of these tenants serve, and the role that each is to be entered as.</summary>
    internal async Task<IReadOnlyDictionary<Guid, string>> FindRolesAsync(Guid[] uids, CancellationToken cancellationToken)
    {
        await using NpgsqlCommand command = catalog
            .Command("select uid, role_name from catalog.tenants where uid = any ($1) and state = 'active'").With(uids);
        return await ReadByUidAsync(command, cancellationToken);
    }

    /// <summary>The plan and region of each of these tenants, in whatever state.</summary>
    internal async Task<IReadOnlyDictionary<Guid, (TenantState State, string Plan, string Region)>> FindPlansAsync(
        Guid[] uids, CancellationToken cancellationToken)
    {
        await using NpgsqlCommand command = catalog
            .Command("select uid, state, plan, region from catalog.tenants where uid = any ($1)").With(uids);
        await using NpgsqlDataReader reader = await command.ExecuteReaderAsync(cancellationToken);
        Dictionary<Guid, (TenantState, string, string)> byUid = [];
        while (await reader.ReadAsync(cancellationToken))
        {
            byUid.Add(reader.GetGuid(0), (TenantStates.Parse(reader.GetString(1)), reader.GetString(2), reader.GetString(3)));
        }

        return byUid;
    }

    /// <summary>The name of each of these tenants, in whatever state.</summary>
    internal async Task<IReadOnlyDictionary<Guid, string>> FindIdsAsync(Guid[] uids, CancellationToken cancellationToken)
    {
        await using NpgsqlCommand command = catalog.Command("select uid, id from catalog.tenants where uid = any ($1)").With(uids);
        return await ReadByUidAsync(command, cancellationToken);
    }

    /// <summary>The key with that prefix that is not revoked or expired, and its tenant's placement, in one round trip.</summary>
    internal async Task<(ApiKeyGrant Grant, TenantPlacement Placement)?> FindKeyAsync(string prefix, CancellationToken cancellationToken)
    {
        await using NpgsqlCommand command = catalog.Command(
                $"""
                select {PlacementColumns}, k.id, k.hash, k.scopes, k.expires_at
                from catalog.api_keys k join catalog.tenants t on t.uid = k.tenant_uid
                where k.prefix = $1 and k.revoked_at is null and (k.expires_at is null or k.expires_at > now()) and t.state <> 'deleted'
                """)
            .With(prefix);
        await using NpgsqlDataReader reader = await command.ExecuteReaderAsync(cancellationToken);
        if (!await reader.ReadAsync(cancellationToken))
        {
            return null;
        }

        TenantPlacement placement = ReadPlacement(reader);
        ApiKeyGrant grant = new(
            reader.GetGuid(17),
            placement.Uid,
            placement.Id,
            reader.GetFieldValue<byte[]>(18),
            reader.GetFieldValue<string[]>(19),
            reader.Optional<DateTimeOffset?>(20));
        return (grant, placement);
    }

    private static async Task<IReadOnlyDictionary<Guid, string>> ReadByUidAsync(NpgsqlCommand command, CancellationToken cancellationToken)
    {
        await using NpgsqlDataReader reader = await command.ExecuteReaderAsync(cancellationToken);
        Dictionary<Guid, string> byUid = [];
        while (await reader.ReadAsync(cancellationToken))
        {
            byUid.Add(reader.GetGuid(0), reader.GetString(1));
        }

        return byUid;
    }

    private static async Task<TenantPlacement?> FindPlacementAsync(NpgsqlCommand command, CancellationToken cancellationToken)
    {
        await using (command)
        {
            await using NpgsqlDataReader reader = await command.ExecuteReaderAsync(cancellationToken);
            return await reader.ReadAsync(cancellationToken) ? ReadPlacement(reader) : null;
        }
    }

    private static Tenant ReadTenant(NpgsqlDataReader reader) => new(
        reader.GetGuid(0),
        TenantId.Parse(reader.GetString(1)),
        reader.GetString(2),
        TenantStates.Parse(reader.GetString(3)),
        reader.GetString(4),
        reader.GetString(5),
        reader.GetFieldValue<DateTimeOffset>(6),
        reader.Optional<DateTimeOffset?>(7),
        reader.Optional<int?>(8),
        reader.Optional<string>(9))
    {
        OverQuota = reader.Optional<DateTimeOffset?>(10) is { } since ? new QuotaStop(since, reader.Optional<DateTimeOffset?>(11)) : null,
    };

    private static TenantPlacement ReadPlacement(NpgsqlDataReader reader) => new(
        reader.GetGuid(0),
        TenantId.Parse(reader.GetString(1)),
        TenantStates.Parse(reader.GetString(2)),
        reader.GetString(3),
        reader.GetString(4),
        reader.Optional<string>(5),
        reader.Optional<int?>(6),
        reader.Optional<string>(7),
        reader.Optional<string>(8),
        reader.Optional<string>(9),
        reader.Optional<byte[]>(10),
        reader.Optional<int?>(11),
        reader.GetString(12),
        reader.GetString(13))
    {
        NextRegion = reader.Optional<string>(14),
        IsPaused = reader.GetBoolean(15),
        IsOverQuota = reader.GetBoolean(16),
    };
}
