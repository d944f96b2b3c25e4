using Freehold.Integration.Tests.Fixtures;
using Freehold.Provisioning;
using Freehold.Provisioning.Providers;
using Freehold.Provisioning.Providers.Postgres;
using Freehold.Tenants;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;

namespace Freehold.Integration.Tests.Provisioning;

/// <summary>What a life consists of.</summary>
internal enum TenantCall
{
    Create,
    Suspend,
    Resume,
    Delete,
    Purge,
    Undelete,
    SetPlan,
    RotateCredentials,
    Retry,
}

/// <summary>A call on a name, by HTTP's way or the queue's; or, without a call, the delivery of one of the messages sent so far.</summary>
internal sealed record Step(TenantCall? Call, int Subject, bool ByQueue, int Times, int StopAfter, bool ServerAway);

/// <summary>One life of a few tenants: what is asked, what the model says of it, and what must hold in the end.</summary>
internal sealed class TenantLife(FreeholdFixture freehold, ServiceProvider host, ServiceProvider away)
{
    /// <summary>How many tenants there are.</summary>
    public const int Names = 2;

    private readonly string _prefix = "m" + Guid.NewGuid().ToString("N")[..10];
    private readonly List<Guid> _messages = [];
    private readonly List<string> _told = [];
    private readonly Dictionary<TenantId, TenantState> _beforeDeletion = [];
    private string[] _unnamedBefore = [];
    private int _accepted;

    public async Task RunAsync(Step[] steps)
    {
        _unnamedBefore = await FindUnnamedAsync();
        try
        {
            foreach (Step step in steps)
            {
                _told.Add(step.Call is null ? $"deliver {step.Subject} x{step.Times} stop {step.StopAfter} away {step.ServerAway}" : $"{step.Call} {step.Subject}");
                await (step.Call is { } call ? CallAsync(call, Name(step.Subject), step.ByQueue) : DeliverAsync(step));
            }

            await SettleAsync();
            await CheckAsync();
        }
        catch (Exception exception) when (exception is not OperationCanceledException)
        {
            throw new InvalidOperationException($"After: {string.Join("; ", _told)}: {exception.Message}", exception);
        }
    }

    private TenantId Name(int number) => TenantId.Parse($"{_prefix}-{number}");

    private async Task CallAsync(TenantCall call, TenantId name, bool byQueue)
    {
        Tenant? before = await StateAsync(name);
        TenantState? expected = call == TenantCall.Undelete
            ? before?.State == TenantState.Deleting && !await IsBeingErasedAsync(before) ? _beforeDeletion[name] : null
            : Model(call, before?.State, before is not null && await IsRetriableAsync(before));
        Exception? refusal = await Record.ExceptionAsync(async () => _messages.Add(await AskAsync(call, name, byQueue)));
        Tenant? after = await StateAsync(name);
        if (expected is null)
        {
            Assert.IsAssignableFrom<RefusalException>(refusal);
            Assert.Equal(before?.State, after?.State);
        }
        else
        {
            Assert.Null(refusal);
            Assert.Equal(expected, after!.State);

            if (expected == TenantState.Deleting && before!.State != TenantState.Deleting)
            {
                _beforeDeletion[name] = before.State == TenantState.Provisioning ? TenantState.Failed : before.State;
            }

            // Asked for what is under way already, nothing changes.
            _accepted += call is TenantCall.Delete or TenantCall.Retry && before?.State == expected ? 0 : 1;
        }
    }

    /// <returns>The state that an accepted call leads to at once; null when it is to be refused.</returns>
    private static TenantState? Model(TenantCall call, TenantState? state, bool retriable) => (call, state) switch
    {
        (TenantCall.Create, null) => TenantState.Provisioning,
        (TenantCall.Suspend, TenantState.Active or TenantState.Suspended) => TenantState.Suspended,
        (TenantCall.Resume, TenantState.Active or TenantState.Suspended) => TenantState.Active,
        (TenantCall.Delete or TenantCall.Purge, not null) => TenantState.Deleting,
        (TenantCall.SetPlan, TenantState.Provisioning or TenantState.Active or TenantState.Suspended or TenantState.Failed) => state,
        (TenantCall.RotateCredentials, TenantState.Active or TenantState.Suspended) => state,
        (TenantCall.Retry, TenantState.Failed) => TenantState.Provisioning,
        (TenantCall.Retry, not null) when retriable => state,
        _ => null,
    };

    private async Task<Guid> AskAsync(TenantCall call, TenantId name, bool byQueue)
    {
        if (byQueue && call != TenantCall.Undelete)
        {
            string command = call switch
            {
                TenantCall.Create => "provision",
                TenantCall.Purge => "delete\",\"purge\":true,\"confirmTenant\":\"" + name,
                TenantCall.SetPlan => "set-plan\",\"plan\":\"standard",
                TenantCall.RotateCredentials => "rotate-credentials",
                _ => call.ToString().ToLowerInvariant(),
            };
            return await Get<HandleTenantCommand>().RunAsync($$"""{"version":1,"tenant":"{{name}}","command":"{{command}}"}""", default);
        }

        return call switch
        {
            TenantCall.Create => (await Get<CreateTenant>().RunAsync(new NewTenant(name.Value), Caller.Admin(), TimeSpan.Zero, default)).Operation,
            TenantCall.Delete or TenantCall.Purge =>
                (await Get<DeleteTenant>().RunAsync(name, call == TenantCall.Purge, Caller.Admin(), TimeSpan.Zero, default)).Id,
            TenantCall.Retry => await Get<RetryOperation>().RunAsync(name, Caller.Admin(), default),
            TenantCall.Suspend => await ChangeAsync(name, TenantChange.Suspend),
            TenantCall.Resume => await ChangeAsync(name, TenantChange.Resume),
            TenantCall.Undelete => await UndeleteAsync(name),
            TenantCall.SetPlan => await ChangeAsync(name, TenantChange.SetPlan("standard")),
            _ => await ChangeAsync(name, TenantChange.RotateCredentials),
        };
    }

    private async Task<Guid> ChangeAsync(TenantId name, TenantChange change) =>
        (await Get<ChangeTenant>().RunAsync(name, change, Caller.Admin(), TimeSpan.Zero, default)).Id;

    private async Task<Guid> UndeleteAsync(TenantId name) => await ChangeAsync(name, TenantChange.Undelete);

    private async Task DeliverAsync(Step step)
    {
        if (_messages.Count == 0)
        {
            return;
        }

        Guid operation = _messages[step.Subject % _messages.Count];
        RunOperation run = (step.ServerAway ? away : host).GetRequiredService<RunOperation>();
        await Task.WhenAll(Enumerable.Range(0, step.Times).Select(async _ =>
        {
            using Countdown countdown = new(step.StopAfter);
            Countdown.Current.Value = step.StopAfter == 0 ? null : countdown;
            try
            {
                await run.RunAsync(operation, step.StopAfter == 0 ? default : countdown.Token);
            }
            catch (OperationCanceledException) when (countdown.Token.IsCancellationRequested)
            {
                // The host stopped.
            }
        }));
    }

    /// <summary>What timers do, until nothing is left but deletions in their grace period.</summary>
    private async Task SettleAsync()
    {
        Countdown.Current.Value = null;
        for (int round = 0; ; round++)
        {
            Assert.True(round < 400, "Operations do not come to an end.");
            Guid[] undone = await ArrayAsync<Guid>(
                """
                select o.id from catalog.operations o where o.tenant_id like $1 || '%' and o.state in ('queued', 'running')
                    and not exists (select from catalog.tenants t where t.uid = o.tenant_uid and o.step = 'grace' and t.purge_at > now())
                """);
            if (undone.Length == 0)
            {
                return;
            }

            foreach (Guid operation in undone)
            {
                await Get<RunOperation>().RunAsync(operation, default);
            }

            await Task.Delay(10);
        }
    }

    private async Task CheckAsync()
    {
        for (int number = 0; number < Names; number++)
        {
            if (await StateAsync(Name(number)) is { } tenant)
            {
                Assert.NotEqual(TenantState.Provisioning, tenant.State);
                await CheckDoorAsync(tenant);
            }
        }

        // Nothing of those that are erased, and a certificate of each.
        Guid[] deleted = await ArrayAsync<Guid>("select uid from catalog.tenants where id like $1 || '%' and state = 'deleted'");
        Guid[] certified = await ArrayAsync<Guid>(
            """
            select c.tenant_uid from catalog.deletion_certificates c join catalog.operations o on o.id = c.operation_id
            where o.tenant_id like $1 || '%'
            """);
        Assert.Equal(deleted.Order(), certified.Order());
        Assert.Empty(await ArrayAsync<string>(
            """
            select database_name from catalog.tenants where id like $1 || '%' and state = 'deleted' and database_name is not null union all
            select name from catalog.database_roles r join catalog.tenants t on t.uid = r.tenant_uid where t.id like $1 || '%' and t.state = 'deleted'
            """));

        // Every database and role of this installation is named, and none twice; but for what an earlier life left, which has failed.
        Assert.Empty((await FindUnnamedAsync()).Except(_unnamedBefore));
        Assert.Empty(await ArrayAsync<string>(
            """
            select role from (
                select role_name role from catalog.tenants where $1 <> '' union all select name from catalog.database_roles) named
            where role is not null group by role having count(*) > 1
            """));

        long noted = (await ArrayAsync<long>("select count(*) from catalog.audit where tenant_id like $1 || '%'")).Single();
        Assert.True(noted >= _accepted, $"{_accepted} accepted calls have {noted} entries.");
    }

    private async Task<string[]> FindUnnamedAsync()
    {
        string[] named = await ArrayAsync<string>(
            """
            select name from (
                select database_name || ' database' as name from catalog.tenants where $1 <> '' union all
                select role_name || ' role' from catalog.tenants union all
                select name || ' role' from catalog.database_roles) named
            where name is not null
            """);
        DatabaseInventory server = await freehold.ListAsync(Get<PostgresProvider>());
        return [.. server.Databases.Select(name => $"{name} database").Concat(server.Roles.Select(name => $"{name} role")).Except(named)];
    }

    private async Task CheckDoorAsync(Tenant tenant)
    {
        TenantPlacement placement = await freehold.PlacementAsync(tenant.Id);
        bool open = await FreeholdFixture.ServerScalarAsync<bool>(
            $"select coalesce((select datallowconn from pg_database where datname = '{placement.Database}'), false)");
        if (tenant.State is TenantState.Active or TenantState.Suspended or TenantState.Deleting)
        {
            Assert.True(open == (tenant.State == TenantState.Active), $"{tenant.State}, and open: {open}");
        }

        if (tenant.State == TenantState.Active)
        {
            // Its database and its role are there, then.
            Assert.Empty(await freehold.SearchAsync(placement, "anything"));
        }
    }

    /// <summary>Whether something of the tenant has failed, or is under way.</summary>
    private async Task<bool> IsRetriableAsync(Tenant tenant) => tenant.State != TenantState.Failed && (await ArrayAsync<bool>(
        $"""
        select exists (
            select from catalog.operations where $1 <> '' and tenant_uid = '{tenant.Uid}'
                and (state in ('queued', 'running')
                    or (state = 'failed' and failure not like 'Overtaken%' and '{tenant.State.ToName()}' in ('active', 'suspended')
                        and kind in ('set-plan', 'rotate-credentials'))))
        """)).Single();

    private async Task<bool> IsBeingErasedAsync(Tenant tenant) => (await ArrayAsync<bool>(
        $"select purging_at is not null from catalog.tenants where $1 <> '' and uid = '{tenant.Uid}'")).Single();

    private Task<Tenant?> StateAsync(TenantId name) => Get<TenantCatalog>().FindAsync(name, default);

    private T Get<T>()
        where T : notnull => host.GetRequiredService<T>();

    private async Task<T[]> ArrayAsync<T>(string sql)
    {
        await using NpgsqlCommand command = Get<CatalogDatabase>().Command($"select array({sql})");
        command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = _prefix });
        return (T[])(await command.ExecuteScalarAsync())!;
    }
}
