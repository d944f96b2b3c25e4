using System.Security.Cryptography;

namespace Freehold.Provisioning;

/// <summary>
/// A tenant's database and the role that works in it. The names are opaque, since any role of a server can list them, and are
/// chosen before anything is made, so that a retry finds what an earlier attempt left.
/// </summary>
/// <param name="Name">Name of the database: <c>t_</c> and 20 hexadecimal digits.</param>
/// <param name="Role">Name of the runtime role.</param>
/// <param name="Password">The role's password, 256 random bits.</param>
internal sealed record TenantDatabase(string Name, string Role, string Password)
{
    /// <summary>Chooses another role for a database that is there.</summary>
    public static TenantDatabase ChooseRole(string database) => Choose() with { Name = database };

    /// <summary>Chooses names and a password for a database that is to be made.</summary>
    public static TenantDatabase Choose()
    {
        string name = "t_" + RandomNumberGenerator.GetHexString(20, lowercase: true);
        return new TenantDatabase(name, name, System.Buffers.Text.Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(32)));
    }
}
