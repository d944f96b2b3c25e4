using System.Buffers.Text;
using System.Text;
using System.Text.Json;
using Freehold.Integration.Tests.Fixtures;
using Freehold.Provisioning;
using Freehold.Provisioning.Certificates;
using Freehold.Tenants;

namespace Freehold.Integration.Tests.Provisioning;

public sealed class DeletionCertificateTests(FreeholdFixture freehold) : IClassFixture<FreeholdFixture>
{
    [ServerFact]
    public async Task Deletion_ends_with_a_certificate_that_counts_what_was_there()
    {
        TenantPlacement tenant = await freehold.ProvisionAsync();
        await freehold.IngestAsync(tenant, "a.txt", "Walnuts.");
        await freehold.WriteBlobAsync(tenant, "unread.txt", "Figs.");
        await freehold.Get<ApiKeys>().CreateAsync(tenant.Id, "k", null, null, default);
        await freehold.Get<TenantCredentials>().IssueAsync(tenant.Id, default);
        StartedOperation deletion = await freehold.Get<DeleteTenant>().RunAsync(tenant.Id, purge: true, Caller.Admin(), TimeSpan.Zero, default);
        Assert.Null(await freehold.Get<DeletionCertificates>().FindAsync(deletion.Id, default));

        await freehold.Get<RunOperation>().RunAsync(deletion.Id, default);

        JsonElement payload = Payload((await freehold.Get<DeletionCertificates>().FindAsync(deletion.Id, default))!);
        Assert.Equal(deletion.Id, payload.GetProperty("operationId").GetGuid());
        Assert.Equal(tenant.Uid, payload.GetProperty("tenantUid").GetGuid());
        Assert.Equal(tenant.Id.Value, payload.GetProperty("tenantId").GetString());
        JsonElement erased = payload.GetProperty("erased");
        Assert.Equal(
            (1, 2, 13, 1, 2, 1),
            (Number(erased, "documents"), Number(erased, "blobs"), Number(erased, "blobBytes"), Number(erased, "databases"), Number(erased, "roles"), Number(erased, "keys")));
        Assert.True(payload.GetProperty("requestedAt").GetDateTimeOffset() <= payload.GetProperty("erasedAt").GetDateTimeOffset());
    }

    [ServerFact]
    public async Task Counts_are_those_of_the_first_attempt_though_another_one_finishes()
    {
        TenantPlacement tenant = await freehold.ProvisionAsync();
        await freehold.WriteBlobAsync(tenant, "a.txt", "Walnuts.");
        StartedOperation deletion = await freehold.Get<DeleteTenant>().RunAsync(tenant.Id, purge: true, Caller.Admin(), TimeSpan.Zero, default);
        LeasedOperation first = (await freehold.Get<OperationLeases>().TakeAsync(deletion.Id, default))!;
        await freehold.Get<Inventory>().TakeAsync(first, default);
        await freehold.Get<Freehold.Storage.TenantBlobs>().DeleteAllAsync(tenant.Id, default);
        await freehold.Get<OperationLeases>().ReleaseAsync(first, default);

        await freehold.Get<RunOperation>().RunAsync(deletion.Id, default);

        JsonElement payload = Payload((await freehold.Get<DeletionCertificates>().FindAsync(deletion.Id, default))!);
        Assert.Equal(1, Number(payload.GetProperty("erased"), "blobs"));
    }

    private static int Number(JsonElement erased, string member) => erased.GetProperty(member).GetInt32();

    private static JsonElement Payload(string certificate) => JsonElement.Parse(
        Encoding.UTF8.GetString(Base64Url.DecodeFromChars(JsonElement.Parse(certificate).GetProperty("payload").GetString())));
}
