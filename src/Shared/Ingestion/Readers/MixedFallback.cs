using System.Text;

namespace Freehold.Ingestion.Readers;

/// <summary>Takes the bytes that are no UTF-8 as Windows-1252, so that a file need not be known to its end before it is decoded.</summary>
internal sealed class MixedFallback(Encoding other) : DecoderFallback
{
    // The longest sequence that UTF-8 can fail at.
    public override int MaxCharCount => 4;

    public override DecoderFallbackBuffer CreateFallbackBuffer() => new Buffer(other);

    private sealed class Buffer(Encoding other) : DecoderFallbackBuffer
    {
        private string _characters = "";
        private int _next;

        public override int Remaining => _characters.Length - _next;

        public override bool Fallback(byte[] bytesUnknown, int index)
        {
            (_characters, _next) = (other.GetString(bytesUnknown), 0);
            return _characters.Length > 0;
        }

        public override char GetNextChar() => _next < _characters.Length ? _characters[_next++] : '\0';

        public override bool MovePrevious()
        {
            var canMove = _next > 0;
            _next -= canMove ? 1 : 0;
            return canMove;
        }

        public override void Reset() => (_characters, _next) = ("", 0);
    }
}
