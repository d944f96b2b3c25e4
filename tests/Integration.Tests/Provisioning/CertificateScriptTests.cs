using System.Diagnostics;
using System.Text.Json;
using Freehold.Integration.Tests.Fixtures;
using Freehold.Provisioning.Certificates;
using Freehold.Provisioning.Providers;
using Freehold.Storage;
using Microsoft.Extensions.DependencyInjection;

namespace Freehold.Integration.Tests.Provisioning;

public sealed class CertificateScriptTests(FreeholdFixture freehold) : IClassFixture<FreeholdFixture>, IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("freehold-certificate-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [ServerFact]
    public async Task Script_shows_what_a_valid_certificate_says()
    {
        DeletionCertificate certificate = Make(Guid.NewGuid());

        (int exitCode, string said) = await VerifyAsync(freehold.Get<CertificateSigner>().Sign(certificate), Keys());

        Assert.Equal(0, exitCode);
        Assert.EndsWith("\nvalid\n", said, StringComparison.Ordinal);
        Assert.Contains($"{certificate.TenantId}, {certificate.TenantUid}", said, StringComparison.Ordinal);
        Assert.Contains("12 documents\n", said, StringComparison.Ordinal);
        Assert.Contains("4000000000 blobBytes\n", said, StringComparison.Ordinal);
        Assert.Contains("Database       recoverable until: not at all\n", said, StringComparison.Ordinal);
        Assert.Contains("Blob storage   recoverable until: 2026-03-08T", said, StringComparison.Ordinal);
    }

    [ServerFact]
    public async Task Script_agrees_on_many_signatures()
    {
        // Numbers whose first byte is 0, or has its highest bit set, are written differently in DER.
        DeletionCertificate certificate = Make(Guid.NewGuid());
        for (int i = 0; i < 20; i++)
        {
            Assert.Equal(0, (await VerifyAsync(freehold.Get<CertificateSigner>().Sign(certificate), Keys())).ExitCode);
        }
    }

    [ServerFact]
    public async Task Script_refuses_what_is_not_genuine()
    {
        string certificate = freehold.Get<CertificateSigner>().Sign(Make(Guid.NewGuid()));
        Dictionary<string, string> members = JsonSerializer.Deserialize<Dictionary<string, string>>(certificate)!;

        await RefusedAsync(With("payload", Changed(members["payload"], 40)), Keys());
        await RefusedAsync(With("signature", Changed(members["signature"], 0)), Keys());
        await RefusedAsync(With("signature", members["signature"][..^4]), Keys());
        await RefusedAsync(With("protected", Encode("""{"alg":"none","kid":"test"}""")), Keys());
        await RefusedAsync(With("protected", Encode("""{"alg":"ES256","kid":"test","crit":["exp"]}""")), Keys());
        await RefusedAsync(With("protected", Encode("""{"alg":"ES256","kid":"unknown"}""")), Keys());
        await RefusedAsync(certificate[..^1] + $",\"payload\":\"{members["payload"]}\"}}", Keys());
        await RefusedAsync("{}", Keys());

        await using ServiceProvider other = freehold.Build(new() { ["Tenants:CertificateKeys:0:Key"] = Convert.ToBase64String([.. new byte[31], 2]) });
        await RefusedAsync(certificate, Keys(other.GetRequiredService<CertificateSigner>()));

        string With(string member, string value) => JsonSerializer.Serialize(new Dictionary<string, string>(members) { [member] = value });
    }

    [ServerFact]
    public async Task Script_finds_the_key_among_several_and_in_any_layout()
    {
        string certificate = freehold.Get<CertificateSigner>().Sign(Make(Guid.NewGuid()));
        await using ServiceProvider rotated = freehold.Build(new()
        {
            ["Tenants:CertificateKeys:0:Id"] = "newer",
            ["Tenants:CertificateKeys:0:Key"] = Convert.ToBase64String([.. new byte[31], 3]),
            ["Tenants:CertificateKeys:1:Id"] = "test",
            ["Tenants:CertificateKeys:1:Key"] = Convert.ToBase64String([.. new byte[31], 1]),
        });
        string keys = Keys(rotated.GetRequiredService<CertificateSigner>());

        Assert.Equal(0, (await VerifyAsync(Spread(certificate), Spread(keys))).ExitCode);

        static string Spread(string json) => json.Replace(":", " :\r\n ", StringComparison.Ordinal).Replace("{", "\t{ ", StringComparison.Ordinal);
    }

    private static string Changed(string text, int position) =>
        text[..position] + (text[position] == 'A' ? 'B' : 'A') + text[(position + 1)..];

    private static string Encode(string text) => System.Buffers.Text.Base64Url.EncodeToString(System.Text.Encoding.UTF8.GetBytes(text));

    private string Keys(CertificateSigner? signer = null) =>
        JsonSerializer.Serialize((signer ?? freehold.Get<CertificateSigner>()).PublicKeys, JsonSerializerOptions.Web);

    private async Task RefusedAsync(string certificate, string keys)
    {
        (int exitCode, string said) = await VerifyAsync(certificate, keys);
        Assert.Equal(1, exitCode);
        Assert.StartsWith("NOT VALID: ", said, StringComparison.Ordinal);
        Assert.DoesNotContain("Tenant", said, StringComparison.Ordinal);
    }

    private async Task<(int ExitCode, string Said)> VerifyAsync(string certificate, string keys)
    {
        string certificateFile = Path.Combine(_folder, "certificate.json");
        string keysFile = Path.Combine(_folder, "keys.json");
        await File.WriteAllTextAsync(certificateFile, certificate);
        await File.WriteAllTextAsync(keysFile, keys);
        using Process process = Process.Start(new ProcessStartInfo(
            "bash", [Path.Combine(AppContext.BaseDirectory, "Scripts", "verify-certificate"), certificateFile, keysFile])
        {
            RedirectStandardOutput = true,
        })!;
        string said = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        return (process.ExitCode, said);
    }

    private static DeletionCertificate Make(Guid operation)
    {
        DateTimeOffset erasedAt = new(2026, 3, 1, 12, 0, 0, TimeSpan.Zero);
        return new DeletionCertificate(
            Guid.CreateVersion7(erasedAt),
            operation,
            "acme",
            Guid.CreateVersion7(erasedAt),
            erasedAt.AddDays(-7),
            erasedAt,
            new ErasedContent(
                Documents: 12, Blobs: 13, BlobVersions: 1, BlobSnapshots: 2, UncommittedBlobs: 3, BlobBytes: 4_000_000_000,
                Databases: 1, Roles: 2, Keys: 4, Jobs: 5, UsageDays: 6),
            ProviderRecovery.Postgres,
            StorageRecovery.Of(new BlobRetention(7), erasedAt));
    }
}
