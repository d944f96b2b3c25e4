using Freehold.Messaging;
using Freehold.Sql;
using Freehold.Tenants;
using Npgsql;

namespace Freehold.Provisioning;

/// <summary>
/// Says what became of an operation whose caller asked for a reply in this region. The wake-up that this answers is completed only after the reply is
/// sent, so a reply is sent at least once.
/// </summary>
public sealed class TellOutcome(CatalogDatabase catalog, Regions regions)
{
    /// <summary>The reply, if the operation is over and one was asked for.</summary>
    public async Task<IReadOnlyList<string>> RunAsync(Guid operation, CancellationToken cancellationToken)
    {
        await using NpgsqlCommand command = catalog.Command(
                """
                update catalog.operations set replied_at = now()
                where id = $1 and reply_to is not null and state in ('done', 'failed') and coalesce(region, $2) = $2
                returning kind, tenant_id, state, failure, coalesce(details ->> 'replyKey', idempotency_key, details ->> 'idempotencyKey')
                """)
            .With(operation).With(regions.Here);
        await using NpgsqlDataReader reader = await command.ExecuteReaderAsync(cancellationToken);
        return await reader.ReadAsync(cancellationToken)
            ? [new TenantReply(
                1,
                operation,
                reader.GetString(0),
                reader.Optional<string>(1),
                reader.GetString(2),
                reader.Optional<string>(3),
                reader.Optional<string>(4)).ToMessage()]
            : [];
    }
}
