using System.Text;

namespace Freehold.LocalHost.QueueTriggers;

/// <summary>Text of a message. Older queue clients send it as base64, which is told from plain JSON by its first character.</summary>
internal static class MessageBody
{
    private static readonly UTF8Encoding Strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    public static string Read(string body)
    {
        if (IsJson(body))
        {
            return body;
        }

        byte[] bytes = new byte[body.Length];
        if (!Convert.TryFromBase64String(body, bytes, out int length))
        {
            return body;
        }

        try
        {
            string decoded = Strict.GetString(bytes, 0, length);
            return IsJson(decoded) ? decoded : body;
        }
        catch (DecoderFallbackException)
        {
            return body;
        }
    }

    private static bool IsJson(string text) => text.AsSpan().TrimStart() is ['{' or '[', ..];
}
