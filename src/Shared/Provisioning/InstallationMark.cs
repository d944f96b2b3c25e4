using Freehold.Tenants;
using Npgsql;

namespace Freehold.Provisioning;

/// <summary>
/// The mark of this installation, which stands in the name of every database and role that it makes. What has no such name on a
/// server is none of this installation's business.
/// </summary>
public sealed class InstallationMark(CatalogDatabase catalog)
{
    private volatile string? _mark;

    /// <summary>Eight hexadecimal digits; read from the catalog once.</summary>
    internal async ValueTask<string> FindAsync(CancellationToken cancellationToken)
    {
        if (_mark is null)
        {
            await using NpgsqlCommand command = catalog.Command("select mark from catalog.installation");
            _mark = (string)(await command.ExecuteScalarAsync(cancellationToken))!;
        }

        return _mark;
    }
}
