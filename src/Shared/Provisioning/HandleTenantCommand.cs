using Freehold.Messaging;
using Freehold.Tenants;
using Microsoft.Extensions.Logging;

namespace Freehold.Provisioning;

/// <summary>
/// Carries out a command from the owner's queue through the same use cases as the HTTP calls. A command that cannot be carried
/// out is logged with its reason and thrown back, and so ends in the dead-letter queue.
/// </summary>
public sealed class HandleTenantCommand(CreateTenant createTenant, DeleteTenant deleteTenant, ILogger<HandleTenantCommand> logger)
{
    /// <summary>Writes the command's intent.</summary>
    /// <returns>The operation that is to be woken.</returns>
    public async Task<Guid> RunAsync(TenantCommand command, CancellationToken cancellationToken)
    {
        try
        {
            return await CarryOutAsync(command, cancellationToken);
        }
        catch (RefusalException refusal)
        {
            Log.CommandRefused(logger, refusal.Problem, refusal.Message);
            throw;
        }
    }

    private async Task<Guid> CarryOutAsync(TenantCommand command, CancellationToken cancellationToken)
    {
        if (command.Version != 1)
        {
            throw new InvalidInputException("unknown-command-version", "A command has \"version\": 1.");
        }

        switch (command.Command)
        {
            case "provision":
                NewTenant tenant = new(command.Tenant, command.DisplayName, command.Region, command.Plan);
                CreatedTenant created = await createTenant.RunAsync(tenant, command.IdempotencyKey, TimeSpan.Zero, cancellationToken);
                return created.Operation;
            case "delete":
                return await deleteTenant.RunAsync(TenantId.Parse(command.Tenant), command.IdempotencyKey, cancellationToken);
            default:
                throw new InvalidInputException("unknown-command", "Commands are provision and delete.");
        }
    }
}
