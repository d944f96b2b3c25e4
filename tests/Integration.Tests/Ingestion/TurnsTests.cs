using Freehold.Ingestion;
using Freehold.Integration.Tests.Fixtures;
using Freehold.Messaging;
using Freehold.Storage;
using Freehold.Tenants;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;

namespace Freehold.Integration.Tests.Ingestion;

public sealed class TurnsTests(FreeholdFixture freehold) : IClassFixture<FreeholdFixture>
{
    private const int AtOnce = 8;

    [ServerFact]
    public async Task Of_two_hundred_notes_at_a_time_on_two_hosts_as_many_are_woken_as_the_plan_says()
    {
        TenantPlacement tenant = await freehold.ProvisionAsync();
        await using ServiceProvider other = freehold.Build([]);

        WakeUps[] woken = await Task.WhenAll(Enumerable.Range(0, 200).Select(i => Task.Run(() =>
            NotesOf(i % 2 == 0 ? null : other).NoteAsync(tenant, Path(i), Version(i), default))));

        Assert.Equal(AtOnce, woken.Sum(wakeUps => wakeUps.Documents.Count));
        Assert.Equal(AtOnce, await InFlightAsync(tenant));
        Assert.Equal(200L, await CountAsync($"select count(*) from work.documents where tenant_uid = '{tenant.Uid}' and state = 'queued'"));
    }

    [ServerFact]
    public async Task Turns_pass_on_until_everything_is_ready_and_never_are_there_more()
    {
        TenantPlacement tenant = await freehold.ProvisionAsync();
        await Parallel.ForEachAsync(Enumerable.Range(0, 60), async (i, _) => await freehold.WriteBlobAsync(tenant, $"{i}.txt", $"Number {i}."));
        List<string> first = [];
        for (int i = 0; i < 60; i++)
        {
            first.AddRange((await NoteDocumentAsync(tenant, $"{i}.txt")).Documents);
        }

        Assert.Equal(AtOnce, first.Count);
        int most = 0;
        await Task.WhenAll(first.Select(message => FollowChainAsync(message, async () => most = Math.Max(most, (int)await InFlightAsync(tenant)))));

        Assert.InRange(most, 1, AtOnce);
        Assert.Equal(0, await InFlightAsync(tenant));
        Assert.Equal(60L, await CountAsync($"select count(*) from work.documents where tenant_uid = '{tenant.Uid}' and state = 'ready'"));
    }

    [ServerFact]
    public async Task Those_that_have_waited_longest_come_first()
    {
        TenantPlacement tenant = await freehold.ProvisionAsync();
        List<string> woken = [];
        for (int i = 0; i < AtOnce + 2; i++)
        {
            woken.AddRange((await freehold.Get<Notes>().NoteAsync(tenant, Path(i), Version(i), default)).Documents);
        }

        Assert.Equal(Enumerable.Range(0, AtOnce).Select(i => Message(tenant, i)), woken);
        WakeUps next = await freehold.Get<EndTurn>().RunAsync(new FoundDocument(tenant, Path(3)), false, default);

        // Number 3 is due still, for nobody has taken it in, and it has waited longer than the others.
        Assert.Equal([Message(tenant, 3)], next.Documents);
    }

    [ServerFact]
    public async Task Turn_of_a_document_that_is_being_worked_on_is_not_given_back_by_a_second_message()
    {
        TenantPlacement tenant = await freehold.ProvisionAsync();
        await freehold.Get<Notes>().NoteAsync(tenant, Path(1), Version(1), default);
        Assert.NotNull(await freehold.Get<Claims>().TakeAsync(tenant.Uid, Path(1), Version(1), true, default));

        WakeUps next = await freehold.Get<EndTurn>().RunAsync(new FoundDocument(tenant, Path(1)), false, default);

        Assert.Empty(next.Documents);
        Assert.Equal(1, await InFlightAsync(tenant));
    }

    [ServerFact]
    public async Task Turns_of_lost_messages_and_dead_hosts_come_back_but_not_those_of_work_that_goes_on()
    {
        TenantPlacement tenant = await freehold.ProvisionAsync();
        for (int i = 0; i < 3; i++)
        {
            await freehold.Get<Notes>().NoteAsync(tenant, Path(i), Version(i), default);
        }

        // 0: its message is lost. 1: its host has died. 2: somebody is at it, and has been for long.
        Claims claims = freehold.Get<Claims>();
        await claims.TakeAsync(tenant.Uid, Path(1), Version(1), true, default);
        await claims.TakeAsync(tenant.Uid, Path(2), Version(2), true, default);
        Assert.DoesNotContain(await ResumeAsync(tenant), _ => true);
        await ExecuteAsync($"update work.documents set turn_at = now() - interval '3 minutes' where tenant_uid = '{tenant.Uid}'");
        await ExecuteAsync($"update work.documents set busy_until = now(), next_attempt_at = now() where tenant_uid = '{tenant.Uid}' and path = '1.txt'");

        Assert.Equal([Message(tenant, 0), Message(tenant, 1)], (await ResumeAsync(tenant)).Order());
        Assert.Equal(3, await InFlightAsync(tenant));
    }

    [ServerFact]
    public async Task Another_plan_counts_from_the_next_turn_on_and_tenants_do_not_share_turns()
    {
        TenantPlacement tenant = await freehold.ProvisionAsync();
        TenantPlacement neighbour = await freehold.ProvisionAsync();
        for (int i = 0; i < 12; i++)
        {
            await freehold.Get<Notes>().NoteAsync(tenant with { Plan = "free" }, Path(i), Version(i), default);
        }

        Assert.Equal(2, await InFlightAsync(tenant));
        WakeUps neighbours = await freehold.Get<Notes>().NoteAsync(neighbour, Path(0), Version(0), default);
        Assert.Equal([Message(neighbour, 0)], neighbours.Documents);

        WakeUps more = await freehold.Get<EndTurn>().RunAsync(new FoundDocument(tenant, Path(0)), false, default);
        Assert.Equal(AtOnce - 1, more.Documents.Count);
        Assert.Equal(AtOnce, await InFlightAsync(tenant));
    }

    [ServerFact]
    public async Task Event_that_tells_nothing_new_notes_nothing()
    {
        TenantPlacement tenant = await freehold.ProvisionAsync();
        await freehold.IngestAsync(tenant, "a.txt", "Once.");

        WakeUps wakeUps = await NoteDocumentAsync(tenant, "a.txt");

        Assert.Empty(wakeUps.Documents);
        Assert.Equal("ready", (await freehold.StatusAsync(tenant, "a.txt"))!.State);
    }

    [ServerFact]
    public async Task Throttled_document_keeps_its_turn_and_its_attempts()
    {
        TenantPlacement tenant = await freehold.ProvisionAsync();
        await freehold.Get<Notes>().NoteAsync(tenant, Path(1), Version(1), default);
        Claims claims = freehold.Get<Claims>();
        DocumentClaim claim = (await claims.TakeAsync(tenant.Uid, Path(1), Version(1), true, default))!;
        await claims.FailAsync(
            claim, "queued", new DocumentFailure("embed", "Busy."), new Retry(TimeSpan.FromMinutes(1), Throttled: true), default);

        WakeUps next = await freehold.Get<EndTurn>().RunAsync(new FoundDocument(tenant, Path(1)), false, default);

        Assert.Empty(next.Documents);
        Assert.Equal(1, await InFlightAsync(tenant));
        Assert.Equal(0L, await CountAsync($"select attempts::bigint from work.documents where tenant_uid = '{tenant.Uid}'"));
    }

    private async Task FollowChainAsync(string message, Func<Task> look)
    {
        Queue<string> messages = new([message]);
        while (messages.TryDequeue(out string? next))
        {
            DocumentChanged due = DocumentChanged.Parse(next);
            FoundDocument found = (await freehold.Get<FindDocument>().ByUidAsync(due.TenantUid, due.Path, default))!;
            bool waits = await freehold.Get<ChunkDocument>().RunAsync(found.Tenant, found.Path, default);
            foreach (string woken in (await freehold.Get<EndTurn>().RunAsync(found, waits, default)).Documents)
            {
                messages.Enqueue(woken);
            }

            await look();
        }
    }

    private async Task<string[]> ResumeAsync(TenantPlacement tenant) =>
        [.. (await freehold.Get<ResumeDocuments>().RunAsync(default)).Documents.Where(
            message => message.Contains(tenant.Uid.ToString(), StringComparison.Ordinal))];

    private Task<WakeUps> NoteDocumentAsync(TenantPlacement tenant, string path) =>
        freehold.Get<NoteDocument>().RunAsync(new FoundDocument(tenant, DocumentPath.Parse(path)), default);

    private Notes NotesOf(ServiceProvider? host) => host is null ? freehold.Get<Notes>() : host.GetRequiredService<Notes>();

    private Task<long> InFlightAsync(TenantPlacement tenant) =>
        CountAsync($"select count(*) from work.documents where tenant_uid = '{tenant.Uid}' and turn_at is not null");

    private async Task<long> CountAsync(string sql)
    {
        await using NpgsqlCommand command = freehold.Get<CatalogDatabase>().Command(sql);
        return (long)(await command.ExecuteScalarAsync())!;
    }

    private async Task ExecuteAsync(string sql)
    {
        await using NpgsqlCommand command = freehold.Get<CatalogDatabase>().Command(sql);
        await command.ExecuteNonQueryAsync();
    }

    private static DocumentPath Path(int number) => DocumentPath.Parse($"{number}.txt");

    private static BlobVersion Version(int number) => new($"etag-{number}", 10, DateTimeOffset.UnixEpoch);

    private static string Message(TenantPlacement tenant, int number) => DocumentChanged.For(tenant.Uid, Path(number).Value);
}
