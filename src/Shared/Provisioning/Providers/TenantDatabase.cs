using System.Security.Cryptography;

namespace Freehold.Provisioning.Providers;

/// <summary>
/// A tenant's database and the role that works in it. The names are opaque, since any role of a server can list them, and are
/// chosen before anything is made, so that a retry finds what an earlier attempt left.
/// </summary>
/// <param name="Name">Name of the database: <c>t_</c>, the installation's mark and 16 random hexadecimal digits.</param>
/// <param name="Role">Name of the runtime role, in the same form.</param>
/// <param name="Password">The role's password, 256 random bits.</param>
internal sealed record TenantDatabase(string Name, string Role, string Password)
{
    /// <summary>Chooses another role for a database that is there.</summary>
    public static TenantDatabase ChooseRole(string mark, string database) => Choose(mark) with { Name = database };

    /// <summary>Chooses names and a password for a database that is to be made.</summary>
    public static TenantDatabase Choose(string mark)
    {
        string name = $"t_{mark}{RandomNumberGenerator.GetHexString(16, lowercase: true)}";
        return new TenantDatabase(name, name, System.Buffers.Text.Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(32)));
    }

    /// <summary>The regular expression of the names that an installation gives.</summary>
    public static string NamesOf(string mark) => $"^{BeginningOf(mark)}[0-9a-f]{{16}}$";

    /// <summary>What those names begin with.</summary>
    public static string BeginningOf(string mark) => $"t_{mark}";
}
