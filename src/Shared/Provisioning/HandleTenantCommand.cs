using System.Security.Cryptography;
using System.Text;
using Freehold.Messaging;
using Freehold.Sql;
using Freehold.Tenants;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace Freehold.Provisioning;

/// <summary>
/// Carries out a command from the owner's queue through the same use cases as the HTTP calls. One that cannot be carried out
/// stands among the operations as failed, with its reason, and is thrown back, so that it ends in the dead-letter queue.
/// </summary>
public sealed class HandleTenantCommand(
    CatalogDatabase catalog,
    CreateTenant createTenant,
    DeleteTenant deleteTenant,
    ChangeTenant changeTenant,
    RetryOperation retryOperation,
    Plans plans,
    Regions regions,
    TimeProvider time,
    ILogger<HandleTenantCommand> logger)
{
    private const string Unknown = "unknown";

    /// <summary>Writes the command's intent.</summary>
    /// <param name="message">The command, in JSON.</param>
    /// <param name="cancellationToken">The host stops.</param>
    /// <returns>The operation that is to be woken.</returns>
    public async Task<Guid> RunAsync(string message, CancellationToken cancellationToken)
    {
        TenantCommand? command = null;
        try
        {
            command = TenantCommand.Parse(message);
            return await CarryOutAsync(command, cancellationToken);
        }
        catch (MalformedMessageException malformed)
        {
            await RefuseAsync(message, command, "malformed-command", malformed.Message, cancellationToken);
            throw;
        }
        catch (RefusalException refusal)
        {
            await RefuseAsync(message, command, refusal.Problem, refusal.Message, cancellationToken);
            throw;
        }
    }

    private async Task<Guid> CarryOutAsync(TenantCommand command, CancellationToken cancellationToken)
    {
        if (command.Version != 1)
        {
            throw new InvalidInputException("unknown-command-version", "A command has \"version\": 1.");
        }

        if (command.ReplyTo is not (null or Queues.TenantReplies))
        {
            throw new InvalidInputException("unknown-reply-queue", $"Replies go to the queue {Queues.TenantReplies}.");
        }

        TenantId tenant = TenantId.Parse(command.Tenant);
        Caller caller = Caller.Queue(command.IdempotencyKey, command.ReplyTo);
        switch (command.Command)
        {
            case OperationKinds.Provision:
                NewTenant wanted = new(command.Tenant, command.DisplayName, command.Region, command.Plan);
                return (await createTenant.RunAsync(wanted, caller, TimeSpan.Zero, cancellationToken)).Operation;
            case OperationKinds.Delete:
                Confirm(command);
                return (await deleteTenant.RunAsync(tenant, command.Purge, caller, TimeSpan.Zero, cancellationToken)).Id;
            case "retry":
                return await retryOperation.RunAsync(tenant, caller, cancellationToken);
            default:
                return (await changeTenant.RunAsync(tenant, Change(command), caller, TimeSpan.Zero, cancellationToken)).Id;
        }
    }

    private TenantChange Change(TenantCommand command) => command.Command switch
    {
        OperationKinds.Undelete => TenantChange.Undelete,
        OperationKinds.Suspend => TenantChange.Suspend,
        OperationKinds.Resume => TenantChange.Resume,
        OperationKinds.RotateCredentials => TenantChange.RotateCredentials,
        OperationKinds.SetPlan => TenantChange.SetPlan(plans.Require(command.Plan)),
        _ => throw new InvalidInputException(
            "unknown-command", "Commands are provision, delete, undelete, suspend, resume, set-plan, rotate-credentials and retry."),
    };

    private static void Confirm(TenantCommand command)
    {
        if (command.Purge && command.ConfirmTenant != command.Tenant)
        {
            throw new InvalidInputException("confirmation-required", "To purge, name the tenant once more in \"confirmTenant\".");
        }
    }

    /// <summary>Writes down what was refused, once for a message, however often it is delivered.</summary>
    private async Task RefuseAsync(
        string message, TenantCommand? command, string problem, string reason, CancellationToken cancellationToken)
    {
        Log.CommandRefused(logger, problem, reason);
        DateTimeOffset now = time.GetUtcNow();
        string? tenant = TenantId.TryParse(command?.Tenant, out TenantId known) ? known.Value : null;
        string? replyTo = command?.ReplyTo == Queues.TenantReplies ? command.ReplyTo : null;
        await using NpgsqlCommand insert = catalog.Command(
                """
                insert into catalog.operations
                    (id, kind, tenant_id, state, step, failure, reply_to, request_hash, details, created_at, finished_at, region)
                select $1, $2, $3, 'failed', 'refused', $4, $5, $6,
                    jsonb_strip_nulls(jsonb_build_object('problem', $7::text, 'idempotencyKey', $8::text)), $9, $9, $10
                where not exists (
                    select from catalog.operations where step = 'refused' and request_hash = $6 and created_at > $9 - interval '1 minute')
                """)
            .With(Guid.CreateVersion7(now)).With(Kind(command)).With(tenant).With(reason).With(replyTo)
            .With(SHA256.HashData(Encoding.UTF8.GetBytes(message))).With(problem).With(Key(command)).With(now).With(regions.Here);
        await insert.ExecuteNonQueryAsync(cancellationToken);
    }

    private static string Kind(TenantCommand? command) =>
        command?.Command is { Length: > 0 and <= 40 } name && name.All(letter => char.IsAsciiLetterLower(letter) || letter == '-') ? name : Unknown;

    /// <summary>The key, for the reply; unless it is none.</summary>
    private static string? Key(TenantCommand? command) =>
        command?.IdempotencyKey is { Length: <= 200 } key && !key.Any(char.IsControl) ? key : null;
}
