using System.Text;

namespace Freehold.Ingestion.Readers;

/// <summary>Takes bytes that are no UTF-8 for Windows-1252, which is what they are as a rule where files of two sources were joined.</summary>
internal sealed class Windows1252Fallback : DecoderFallback
{
    // UTF-8 has no sequence longer than this.
    public override int MaxCharCount => 4;

    public override DecoderFallbackBuffer CreateFallbackBuffer() => new Buffer();

    private sealed class Buffer : DecoderFallbackBuffer
    {
        private static readonly Encoding Windows1252 = TextDecoder.Find("windows-1252")!;

        private string _characters = "";
        private int _next;

        public override int Remaining => _characters.Length - _next;

        public override bool Fallback(byte[] bytesUnknown, int index)
        {
            (_characters, _next) = (Windows1252.GetString(bytesUnknown), 0);
            return _characters.Length > 0;
        }

        public override char GetNextChar() => _next < _characters.Length ? _characters[_next++] : '\0';

        public override bool MovePrevious()
        {
            _next -= _next > 0 ? 1 : 0;
            return _next > 0;
        }

        public override void Reset() => (_characters, _next) = ("", 0);
    }
}
