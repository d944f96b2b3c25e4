namespace Freehold.Provisioning.Spares;

/// <summary>A database of the warm pool that whoever holds its lease is making or dropping.</summary>
internal sealed record SpareDatabase(Guid Uid, bool IsToBeDropped, string Database, string Role, byte[] EncryptedPassword);
