using System.Buffers.Text;
using System.Text;
using System.Text.Json;
using Freehold.Ingestion;
using Freehold.Integration.Tests.Fixtures;
using Freehold.Postgres;
using Freehold.Provisioning;
using Freehold.Provisioning.Certificates;
using Freehold.Sql;
using Freehold.Storage;
using Freehold.Tenants;
using Microsoft.Extensions.DependencyInjection;

namespace Freehold.Integration.Tests.Regions;

/// <summary>Tenants go from one region to another, and lose nothing.</summary>
public sealed class RegionMoveTests(TwoRegions regions) : IClassFixture<TwoRegions>
{
    private static readonly string[] Paths = ["failed.pdf", "one.txt", "sub/two.md", "waiting.txt"];

    [ServerFact]
    public async Task A_tenant_goes_to_another_region_and_back_with_all_it_has()
    {
        TenantPlacement before = await PlantAsync();
        DocumentStatus one = (await TwoRegions.StatusAsync(regions.West, before, "one.txt"))!;

        Guid operation = await AskAsync(regions.West, before, "east");
        await Get<RunOperation>(regions.West).RunAsync(operation, default);
        Assert.Contains(operation, await Get<ResumeOperations>(regions.East).RunAsync(default));
        Assert.DoesNotContain(operation, await Get<ResumeOperations>(regions.West).RunAsync(default));
        TenantPlacement moved = await FinishAsync(operation, before, regions.East);

        Assert.Equal("east", moved.Region);
        await AssertAllAsync(regions.East, moved);
        await AssertNothingAsync(regions.West, before);
        DocumentStatus there = (await TwoRegions.StatusAsync(regions.East, moved, "one.txt"))!;
        Assert.Equal((one.State, one.Chunks, one.Bytes, one.ReadyAt, one.Title), (there.State, there.Chunks, there.Bytes, there.ReadyAt, there.Title));
        Assert.NotEqual(one.ETag, there.ETag);
        DocumentText text = (await Get<ReadText>(regions.East).RunAsync(moved, DocumentPath.Parse("one.txt"), default))!;
        Assert.Equal(there.ETag, text.ETag);
        JsonElement certificate = await CertificateAsync(operation);
        Assert.Equal("west", certificate.GetProperty("leftRegion").GetString());
        Assert.Equal((4, 4, 1), (
            certificate.GetProperty("erased").GetProperty("documents").GetInt32(),
            certificate.GetProperty("erased").GetProperty("blobs").GetInt32(),
            certificate.GetProperty("erased").GetProperty("databases").GetInt32()));

        // What was waiting is taken in there, and what is new is newer than what came along.
        await TwoRegions.TakeInAsync(regions.East, moved, "waiting.txt");
        Assert.Single(await TwoRegions.SearchAsync(regions.East, moved, "pelican"));
        await TwoRegions.IngestAsync(regions.East, moved, "one.txt", "A ferry leaves at dawn.");
        Assert.Single(await TwoRegions.SearchAsync(regions.East, moved, "ferry"));
        Assert.Empty(await TwoRegions.SearchAsync(regions.East, moved, "lighthouse"));

        Guid back = await AskAsync(regions.East, moved, "west");
        TenantPlacement again = await FinishAsync(back, moved, regions.East, regions.West);
        Assert.Equal(("west", "ready"), (again.Region, (await TwoRegions.StatusAsync(regions.West, again, "waiting.txt"))!.State));
        Assert.Single(await TwoRegions.SearchAsync(regions.West, again, "ferry"));
        await AssertNothingAsync(regions.East, moved);
        await TwoRegions.IngestAsync(regions.West, again, "one.txt", "A ferry leaves at noon.");
        Assert.Contains("noon", Assert.Single(await TwoRegions.SearchAsync(regions.West, again, "ferry")).Text, StringComparison.Ordinal);
    }

    [ServerFact]
    public async Task What_changes_during_the_copy_arrives_as_it_is_in_the_end()
    {
        TenantPlacement tenant = await PlantAsync();
        Guid operation = await HeldBeforeTheSwitchAsync(tenant);
        Assert.Equal(Paths, (await TwoRegions.BlobsAsync(regions.East, tenant)).Keys.Order(StringComparer.Ordinal));

        await TwoRegions.IngestAsync(regions.West, tenant, "one.txt", "The lighthouse is dark now.");
        await TwoRegions.IngestAsync(regions.West, tenant, "new.txt", "An albatross nobody expected.");
        await Get<DeleteDocument>(regions.West).RunAsync(tenant, DocumentPath.Parse("sub/two.md"), null, default);
        await TwoRegions.TakeInAsync(regions.West, tenant, "sub/two.md");

        // Somebody has written into the folder there, and over a copy.
        await WriteAsync(regions.East, tenant, "strange.txt", "Nobody's.");
        await WriteAsync(regions.East, tenant, "waiting.txt", "Nobody's either.");

        await LetGoAsync(tenant);
        TenantPlacement moved = await FinishAsync(operation, tenant, regions.East);

        Assert.Contains("dark", Assert.Single(await TwoRegions.SearchAsync(regions.East, moved, "lighthouse")).Text, StringComparison.Ordinal);
        Assert.Single(await TwoRegions.SearchAsync(regions.East, moved, "albatross"));
        Assert.Empty(await TwoRegions.SearchAsync(regions.East, moved, "harbour"));
        Assert.Equal(["failed.pdf", "new.txt", "one.txt", "waiting.txt"], (await TwoRegions.BlobsAsync(regions.East, moved)).Keys.Order(StringComparer.Ordinal));
        await TwoRegions.TakeInAsync(regions.East, moved, "waiting.txt");
        Assert.Single(await TwoRegions.SearchAsync(regions.East, moved, "pelican"));
    }

    [ServerFact]
    public async Task Uploads_to_the_region_that_was_left_are_fetched_and_replace_nothing_newer()
    {
        TenantPlacement tenant = await PlantAsync();
        await using ServiceProvider east = BuildPatientEast();
        Guid operation = await MoveToAsync(east, tenant);
        Assert.StartsWith("queued late-uploads Until ", await regions.StateAsync(operation), StringComparison.Ordinal);
        TenantPlacement moved = await regions.Freehold.PlacementAsync(tenant.Id);
        Assert.Equal("east", moved.Region);
        Assert.Equal(4, (await TwoRegions.BlobsAsync(regions.West, tenant)).Count);

        await WriteAsync(regions.West, tenant, "late.txt", "A cormorant came late.");
        await WriteAsync(regions.West, tenant, "one.txt", "The lighthouse, late.");
        await WriteAsync(regions.West, tenant, "waiting.txt", "Late, and too late.");
        await TwoRegions.IngestAsync(east, moved, "waiting.txt", "A gannet is newer.");
        await Get<DocumentBlobs>(regions.West).DeleteAsync(tenant.Id, DocumentPath.Parse("sub/two.md"), condition: null, default);
        await regions.RunDueAsync(east, operation);
        Assert.Equal(["failed.pdf", "late.txt", "one.txt", "waiting.txt"], (await TwoRegions.BlobsAsync(east, moved)).Keys.Order(StringComparer.Ordinal));
        Assert.Equal("A cormorant came late.", await ReadAsync(east, moved, "late.txt"));
        Assert.Equal("The lighthouse, late.", await ReadAsync(east, moved, "one.txt"));
        Assert.Equal("A gannet is newer.", await ReadAsync(east, moved, "waiting.txt"));

        // A link that is asked of a host that has not followed yet.
        await Assert.ThrowsAsync<TenantChangingRegionException>(
            () => Get<OfferUpload>(regions.West).RunAsync(tenant, new NewUpload("by-link.txt"), default));

        // Nor are there new credentials while two databases have the tenant's roles: they wait.
        Guid rotation = (await Get<ChangeTenant>(east).RunAsync(tenant.Id, TenantChange.RotateCredentials, Caller.Admin(), TimeSpan.Zero, default)).Id;
        await regions.RunDueAsync(east, rotation);
        Assert.StartsWith("queued intent The tenant is moving.", await regions.StateAsync(rotation), StringComparison.Ordinal);

        await WriteAsync(regions.West, tenant, "last.txt", "The last one.");
        await regions.CatalogAsync<object>($"update catalog.moves set open_until = now() where tenant_uid = '{tenant.Uid}' returning 1");
        await FinishAsync(operation, tenant, east);
        Assert.Equal("The last one.", await ReadAsync(east, moved, "last.txt"));
        await regions.RunDueAsync(east, rotation);
        Assert.StartsWith("done", await regions.StateAsync(rotation), StringComparison.Ordinal);
        await AssertNothingAsync(regions.West, tenant);
    }

    [ServerFact]
    public async Task Host_that_died_while_it_erased_what_was_left_has_deleted_nothing_at_the_new_place()
    {
        TenantPlacement tenant = await PlantAsync();
        await using ServiceProvider east = BuildPatientEast();
        Guid operation = await MoveToAsync(east, tenant);
        Dictionary<string, string> before = await TwoRegions.BlobsAsync(east, tenant);

        // All was fetched, and the first of it erased.
        await regions.CatalogAsync<object>(
            $"update catalog.moves set open_until = now(), fetched_at = now() where tenant_uid = '{tenant.Uid}' returning 1");
        await Get<DocumentBlobs>(regions.West).DeleteAsync(tenant.Id, DocumentPath.Parse("one.txt"), condition: null, default);
        await FinishAsync(operation, tenant, east);

        Assert.Equal(before, await TwoRegions.BlobsAsync(east, tenant));
        await AssertNothingAsync(regions.West, tenant);
    }

    [ServerFact]
    public async Task Nothing_is_uploaded_or_deleted_in_the_pause()
    {
        TenantPlacement tenant = await PlantAsync();
        await regions.CatalogAsync<object>($"update catalog.tenants set paused_at = now() where uid = '{tenant.Uid}' returning 1");
        TenantPlacement paused = await regions.Freehold.PlacementAsync(tenant.Id);
        foreach (Func<Task> change in (Func<Task>[])
        [
            () => TwoRegions.UploadAsync(regions.West, paused, "one.txt", "Now."),
            () => Get<DeleteDocument>(regions.West).RunAsync(paused, DocumentPath.Parse("one.txt"), null, default),
            () => Get<OfferUpload>(regions.West).RunAsync(paused, new NewUpload("one.txt"), default),
        ])
        {
            await Assert.ThrowsAsync<TenantChangingRegionException>(change);
        }

        Assert.NotEmpty(await TwoRegions.SearchAsync(regions.West, paused, "lighthouse"));

        // A host has died in it long ago.
        await regions.CatalogAsync<object>($"update catalog.tenants set paused_at = now() - interval '6 minutes' where uid = '{tenant.Uid}' returning 1");
        await TwoRegions.UploadAsync(regions.West, await regions.Freehold.PlacementAsync(tenant.Id), "one.txt", "Now.");
    }

    [ServerFact]
    public async Task A_move_is_called_off_by_one_to_where_the_tenant_is()
    {
        TenantPlacement tenant = await PlantAsync();
        await HeldBeforeTheSwitchAsync(tenant);

        Guid off = await AskAsync(regions.West, tenant, region: null, provider: "postgres");
        await LetGoAsync(tenant);
        TenantPlacement same = await FinishAsync(off, tenant, regions.West, regions.East);

        Assert.Equal((tenant.Region, tenant.Database), (same.Region, same.Database));
        await AssertAllAsync(regions.West, same);
        await TwoRegions.IngestAsync(regions.West, same, "one.txt", "The lighthouse counts ships again.");
        Assert.Empty(await TwoRegions.BlobsAsync(regions.East, tenant));
        Assert.Equal(0, await TwoRegions.CountWorkAsync(regions.East, tenant));
    }

    [ServerFact]
    public async Task A_tenant_that_is_deleted_on_the_move_leaves_nothing_in_either_region()
    {
        TenantPlacement tenant = await PlantAsync();
        await HeldBeforeTheSwitchAsync(tenant);

        StartedOperation deletion = await Get<DeleteTenant>(regions.West).RunAsync(tenant.Id, purge: true, Caller.Admin(), TimeSpan.Zero, default);
        await LetGoAsync(tenant);
        for (int i = 0; i < 20 && await regions.CatalogAsync<string>($"select state from catalog.tenants where uid = '{tenant.Uid}'") != "deleted"; i++)
        {
            await regions.CatalogAsync<object>($"update catalog.tenants set purge_at = now(), busy_until = null where uid = '{tenant.Uid}' returning 1");
            await regions.RunDueAsync(regions.West, deletion.Id);
            await regions.RunDueAsync(regions.East, deletion.Id);
        }

        Assert.StartsWith("done", await regions.StateAsync(deletion.Id), StringComparison.Ordinal);
        await AssertNothingAsync(regions.West, tenant);
        await AssertNothingAsync(regions.East, tenant);
        Assert.Equal(0, await regions.CatalogAsync<long>($"select count(*) from catalog.moves where tenant_uid = '{tenant.Uid}'"));
    }

    [ServerFact]
    public async Task A_host_that_cannot_reach_the_other_region_or_lacks_the_model_says_so()
    {
        TenantPlacement tenant = await PlantAsync();
        Guid operation = await AskAsync(regions.West, tenant, "east");
        await regions.RunDueAsync(regions.West, operation);
        await using (ServiceProvider blind = regions.Freehold.Build(new()
        {
            ["Region"] = "east",
            ["Tenants:DefaultRegion"] = "west",
            ["Regions:0:Name"] = "west",
            ["Regions:0:Address"] = "https://west.example/api",
            ["Regions:1:Name"] = "east",
            ["Regions:1:Address"] = "https://east.example/api",
        }))
        {
            await regions.RunDueAsync(blind, operation);
        }

        Assert.Equal(
            "failed prepare This host has no settings to fetch from the region 'west'. Put them below Moves:From, then retry.",
            await regions.StateAsync(operation));

        await regions.CatalogAsync<object>($"update catalog.tenants set embedding_model = 'elsewhere-768' where uid = '{tenant.Uid}' returning 1");
        await Get<RetryOperation>(regions.West).RunAsync(operation, Caller.Admin(), default);
        await regions.RunDueAsync(regions.East, operation);
        Assert.StartsWith("failed prepare The embedding model 'elsewhere-768'", await regions.StateAsync(operation), StringComparison.Ordinal);

        await regions.CatalogAsync<object>($"update catalog.tenants set embedding_model = '{tenant.EmbeddingModel}' where uid = '{tenant.Uid}' returning 1");
        await Get<RetryOperation>(regions.West).RunAsync(operation, Caller.Admin(), default);
        await AssertAllAsync(regions.East, await FinishAsync(operation, tenant, regions.East));
    }

    [ServerFact]
    public async Task Passwords_of_a_tenant_on_the_move_are_sealed_anew_by_the_region_of_their_project()
    {
        TenantPlacement tenant = await regions.ProvisionAsync(regions.West, "west");
        string there = $"{tenant.Database}_there";
        byte[] password = Get<CredentialCipher>(regions.East).Seal(tenant.Uid, "there");
        await using (Npgsql.NpgsqlCommand command = Get<CatalogDatabase>(regions.West).Command(
            """
            with moving as (
                insert into catalog.moves (tenant_uid, provider, database_name, role_name, encrypted_password, region)
                values ($1, 'neon', $2, $2, $3, 'east'))
            insert into catalog.neon_projects (database_name, tenant_uid, encrypted_password) values ($2, $1, $3)
            """))
        {
            await command.With(tenant.Uid).With(there).With(password).ExecuteNonQueryAsync();
        }

        await RotateAsync(regions.West);
        Assert.Equal(password, await SealedAsync());

        await using ServiceProvider rekeyed = regions.Build("east", EastKeys("east-next", 3, "east", 2));
        await RotateAsync(rekeyed);
        Assert.NotEqual(password, await SealedAsync());
        Assert.Equal("there", Get<CredentialCipher>(rekeyed).Open(tenant.Uid, await SealedAsync()));

        // Back, for the other tests of this class.
        await using ServiceProvider former = regions.Build("east", EastKeys("east", 2, "east-next", 3));
        await RotateAsync(former);
        await regions.CatalogAsync<object>(
            $"with gone as (delete from catalog.moves where tenant_uid = '{tenant.Uid}') delete from catalog.neon_projects where database_name = '{there}' returning 1");

        Task<byte[]> SealedAsync() =>
            regions.CatalogAsync<byte[]>($"select encrypted_password from catalog.neon_projects where database_name = '{there}'");

        async Task RotateAsync(ServiceProvider host)
        {
            Guid rotation = await Get<RotateKeys>(host).StartAsync(Caller.Admin(), default);
            await regions.RunDueAsync(host, rotation);
            Assert.StartsWith("done", await regions.StateAsync(rotation), StringComparison.Ordinal);
        }
    }

    private static Dictionary<string, string?> EastKeys(string id, byte key, string formerId, byte formerKey) => new()
    {
        ["Tenants:CredentialKeys:0:Id"] = id,
        ["Tenants:CredentialKeys:0:Key"] = Convert.ToBase64String([.. new byte[31], key]),
        ["Tenants:CredentialKeys:1:Id"] = formerId,
        ["Tenants:CredentialKeys:1:Key"] = Convert.ToBase64String([.. new byte[31], formerKey]),
    };

    private static T Get<T>(IServiceProvider host)
        where T : notnull => TwoRegions.Get<T>(host);

    private static async Task WriteAsync(IServiceProvider host, TenantPlacement tenant, string path, string text) => await Get<DocumentBlobs>(host).UploadAsync(
        tenant.Id, DocumentPath.Parse(path), new MemoryStream(Encoding.UTF8.GetBytes(text)), new BlobUpload("text/plain"), default);

    private static async Task<string> ReadAsync(IServiceProvider host, TenantPlacement tenant, string path)
    {
        await using OpenBlob blob = (await Get<DocumentBlobs>(host).OpenAsync(tenant.Id, DocumentPath.Parse(path), default))!;
        using StreamReader reader = new(blob.Content);
        return await reader.ReadToEndAsync();
    }

    /// <summary>A host that waits for what still comes to the region that was left.</summary>
    private ServiceProvider BuildPatientEast() => regions.Build("east", new() { ["Moves:LateUploads"] = "01:00:00" });

    /// <summary>Moves a tenant until it is served by that host.</summary>
    private async Task<Guid> MoveToAsync(ServiceProvider east, TenantPlacement tenant)
    {
        Guid operation = await AskAsync(regions.West, tenant, "east");
        await regions.RunDueAsync(regions.West, operation);
        await regions.RunDueAsync(east, operation);
        return operation;
    }

    /// <summary>A tenant in the west with documents in several states.</summary>
    private async Task<TenantPlacement> PlantAsync()
    {
        TenantPlacement tenant = await regions.ProvisionAsync(regions.West, "west");
        await TwoRegions.IngestAsync(regions.West, tenant, "one.txt", "The lighthouse keeper counts ships.", """{"kind":"log"}""");
        await TwoRegions.IngestAsync(regions.West, tenant, "sub/two.md", "# Tides\n\nThe moon pulls the sea.\n\nA harbour dries out at low water.");
        await TwoRegions.UploadAsync(regions.West, tenant, "waiting.txt", "A pelican nobody expected.");
        await WriteAsync(regions.West, tenant, "failed.pdf", "%PDF-1.7 broken");
        await TwoRegions.TakeInAsync(regions.West, tenant, "failed.pdf");
        Assert.Equal("failed", (await TwoRegions.StatusAsync(regions.West, tenant, "failed.pdf"))!.State);
        return tenant;
    }

    private static async Task AssertAllAsync(ServiceProvider host, TenantPlacement tenant)
    {
        Assert.Equal("The lighthouse keeper counts ships.", Assert.Single(await TwoRegions.SearchAsync(host, tenant, "lighthouse")).Text);
        Assert.NotEmpty(await TwoRegions.SearchAsync(host, tenant, "harbour"));
        Dictionary<string, string> blobs = await TwoRegions.BlobsAsync(host, tenant);
        Assert.Equal(Paths, blobs.Keys.Order(StringComparer.Ordinal));
        IReadOnlyList<DocumentStatus> documents = await Get<Manifest>(host).ListAsync(tenant.Uid, null, null, 100, default);
        Assert.Equal(Paths, documents.Select(document => document.Path));
        Assert.Equal(["failed", "ready", "ready", "queued"], documents.Select(document => document.State));
        Assert.All(documents, document => Assert.Equal(blobs[document.Path], document.ETag));
        Assert.Equal("log", documents[1].Metadata.GetProperty("kind").GetString());
        Assert.Equal("The lighthouse keeper counts ships.", await ReadAsync(host, tenant, "one.txt"));
        Assert.Equal("%PDF-1.7 broken", await ReadAsync(host, tenant, "failed.pdf"));
    }

    private static async Task AssertNothingAsync(ServiceProvider host, TenantPlacement tenant)
    {
        Assert.Empty(await TwoRegions.BlobsAsync(host, tenant));
        Assert.Equal(0, await TwoRegions.CountWorkAsync(host, tenant));
        Assert.False(await FreeholdFixture.ServerScalarAsync<bool>($"select exists (select from pg_database where datname = '{tenant.Database}')"));
        Assert.False(await FreeholdFixture.ServerScalarAsync<bool>($"select exists (select from pg_roles where rolname = '{tenant.Role}')"));
    }

    private static async Task<Guid> AskAsync(ServiceProvider host, TenantPlacement tenant, string? region, string? provider = null) => (await Get<ChangeTenant>(host)
        .RunAsync(tenant.Id, TenantChange.MoveTo(provider, region), Caller.Admin(), TimeSpan.Zero, default)).Id;

    /// <summary>A move to the east that has copied everything, and waits since other credentials are on their way.</summary>
    private async Task<Guid> HeldBeforeTheSwitchAsync(TenantPlacement tenant)
    {
        await regions.CatalogAsync<object>(
            $"""
            insert into catalog.database_roles (name, tenant_uid, purpose, encrypted_password, created_at)
            values ('t_{tenant.Uid:N}', '{tenant.Uid}', 'runtime', '', now()) returning 1
            """);
        Guid operation = await AskAsync(regions.West, tenant, "east");
        await regions.RunDueAsync(regions.West, operation);
        await regions.RunDueAsync(regions.East, operation);
        Assert.StartsWith("queued switch", await regions.StateAsync(operation), StringComparison.Ordinal);
        return operation;
    }

    private Task<object> LetGoAsync(TenantPlacement tenant) =>
        regions.CatalogAsync<object>($"delete from catalog.database_roles where tenant_uid = '{tenant.Uid}' returning 1");

    private async Task<TenantPlacement> FinishAsync(Guid operation, TenantPlacement tenant, params ServiceProvider[] hosts)
    {
        for (int i = 0; i < 20 && !(await regions.StateAsync(operation)).StartsWith("done", StringComparison.Ordinal); i++)
        {
            // These hosts do not follow the catalog, and would hold what is to be closed.
            Get<TenantDataSources>(regions.West).Close(tenant.Uid);
            Get<TenantDataSources>(regions.East).Close(tenant.Uid);
            await regions.RunDueAsync(hosts[i % hosts.Length], operation);
        }

        Assert.StartsWith("done", await regions.StateAsync(operation), StringComparison.Ordinal);
        Assert.Equal(0, await regions.CatalogAsync<long>($"select count(*) from catalog.moves where tenant_uid = '{tenant.Uid}'"));
        return await regions.Freehold.PlacementAsync(tenant.Id);
    }

    private async Task<JsonElement> CertificateAsync(Guid operation)
    {
        string signed = (await Get<DeletionCertificates>(regions.West).FindAsync(operation, default))!;
        return JsonElement.Parse(Base64Url.DecodeFromChars(JsonElement.Parse(signed).GetProperty("payload").GetString()));
    }
}
