using Freehold.Ingestion;
using Freehold.Integration.Tests.Fixtures;
using Freehold.Provisioning;
using Freehold.Tenants;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;

namespace Freehold.Integration.Tests.Ingestion;

public sealed class OfferUploadTests(FreeholdFixture freehold) : IClassFixture<FreeholdFixture>
{
    [ServerFact]
    public async Task Name_of_an_erased_tenant_is_held_while_a_link_into_its_folder_is_good()
    {
        TenantPlacement tenant = await freehold.ProvisionAsync();
        OfferedUpload offered = await freehold.Get<OfferUpload>().RunAsync(tenant, new NewUpload("a.txt"), default);
        await freehold.EraseAsync(tenant.Id);

        await Assert.ThrowsAsync<TenantNameHeldException>(() => CreateAsync(freehold.Get<CreateTenant>()));
        await Assert.ThrowsAsync<TenantNotReadyException>(() => freehold.Get<OfferUpload>().RunAsync(tenant, new NewUpload("a.txt"), default));

        await using ServiceProvider later = freehold.Build([], services => services.AddSingleton<TimeProvider>(new FakeTimeProvider(offered.ExpiresAt.AddSeconds(1))));
        Assert.NotEqual(Guid.Empty, (await CreateAsync(later.GetRequiredService<CreateTenant>())).Operation);

        Task<CreatedTenant> CreateAsync(CreateTenant create) =>
            create.RunAsync(new NewTenant(tenant.Id.Value), Caller.Admin(), TimeSpan.Zero, default);
    }

    [ServerFact]
    public async Task Name_of_an_erased_tenant_without_links_is_free_at_once()
    {
        TenantPlacement tenant = await freehold.ProvisionAsync();
        await freehold.EraseAsync(tenant.Id);

        await freehold.Get<CreateTenant>().RunAsync(new NewTenant(tenant.Id.Value), Caller.Admin(), TimeSpan.Zero, default);
    }
}
