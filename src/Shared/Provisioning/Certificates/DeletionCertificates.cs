using Freehold.Sql;
using Freehold.Tenants;
using Npgsql;

namespace Freehold.Provisioning.Certificates;

/// <summary>Certificates in the catalog, one for each deletion that has erased everything.</summary>
public sealed class DeletionCertificates(CatalogDatabase catalog, CertificateSigner signer)
{
    /// <summary>
    /// Signs a certificate, to be kept in the transaction that ends the deletion. Where the operation has one, that stays as it is.
    /// </summary>
    internal void Add(NpgsqlBatch batch, DeletionCertificate certificate) => batch.Add(
            """
            insert into catalog.deletion_certificates (operation_id, tenant_uid, body, issued_at) values ($1, $2, $3, $4)
            on conflict (operation_id) do nothing
            """)
        .With(certificate.OperationId).With(certificate.TenantUid).With(signer.Sign(certificate)).With(certificate.ErasedAt);

    /// <summary>The signed certificate of a deletion, or null.</summary>
    public async Task<string?> FindAsync(Guid operation, CancellationToken cancellationToken)
    {
        await using NpgsqlCommand command = catalog
            .Command("select body from catalog.deletion_certificates where operation_id = $1").With(operation);
        return await command.ExecuteScalarAsync(cancellationToken) as string;
    }
}

/// <summary>The operation has no certificate.</summary>
public sealed class CertificateNotFoundException(Operation operation) : RefusalException(
    RefusalKind.NotFound, "certificate-not-found", Sentence(operation))
{
    private static string Sentence(Operation operation) => operation switch
    {
        { Kind: OperationKinds.Move } => "There is a certificate of a move to another region, once what was left there is erased.",
        { Kind: not OperationKinds.Delete } => "This operation deletes no tenant, so there is no certificate of it.",
        { FinishedAt: null } => "The deletion is not done yet. Its certificate is issued when everything is erased.",
        _ => "There is no certificate of this deletion.",
    };
}
