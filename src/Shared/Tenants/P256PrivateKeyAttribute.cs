using System.Buffers.Text;
using System.ComponentModel.DataAnnotations;
using System.Globalization;

namespace Freehold.Tenants;

/// <summary>32 bytes in base64 that are a private key of P-256: as a number above 0 and below the curve's order. Any 32 random bytes are, but for one draw in 4 billion.</summary>
[AttributeUsage(AttributeTargets.Property)]
internal sealed class P256PrivateKeyAttribute : ValidationAttribute
{
    private const int Length = 32;

    // SEC 2, section 2.4.2 (https://www.secg.org/sec2-v2.pdf).
    private static ReadOnlySpan<byte> Order =>
    [
        0xFF, 0xFF, 0xFF, 0xFF, 0x00, 0x00, 0x00, 0x00, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF,
        0xBC, 0xE6, 0xFA, 0xAD, 0xA7, 0x17, 0x9E, 0x84, 0xF3, 0xB9, 0xCA, 0xC2, 0xFC, 0x63, 0x25, 0x51,
    ];

    public override bool IsValid(object? value)
    {
        Span<byte> key = stackalloc byte[Length];
        return value is string text
            && Base64.IsValid(text, out int length)
            && length == Length
            && Convert.TryFromBase64String(text, key, out _)
            && key.ContainsAnyExcept((byte)0)
            && key.SequenceCompareTo(Order) < 0;
    }

    public override string FormatErrorMessage(string name) => string.Create(
        CultureInfo.InvariantCulture,
        $"{name} is no private key of P-256. It is 32 bytes in base64, above 0 and below the curve's order: 'openssl rand -base64 32' makes one.");
}
