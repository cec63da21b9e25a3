using System.Buffers;
using System.Text;
using System.Text.Encodings.Web;

namespace Portal.Functions.Foundation.Http;

/// <summary>
/// Escapes in JSON what must be: quotes, backslashes, control characters, halves of a surrogate pair. The framework's own encoders write
/// everything outside the basic plane (emoji, rarer scripts) as a pair of escapes, twelve bytes for four, whatever they are told to let
/// through: their ranges end with that plane, and <see cref="JavaScriptEncoder.UnsafeRelaxedJsonEscaping"/> is no exception. So this one
/// steps over whole pairs, and leaves the rest to that.
/// </summary>
internal sealed unsafe class AnswerEncoder : JavaScriptEncoder
{
    private static readonly JavaScriptEncoder Basic = UnsafeRelaxedJsonEscaping;

    public override int MaxOutputCharactersPerInputCharacter => Basic.MaxOutputCharactersPerInputCharacter;

    public override bool WillEncode(int unicodeScalar) => unicodeScalar <= char.MaxValue && Basic.WillEncode(unicodeScalar);

    public override int FindFirstCharacterToEncode(char* text, int textLength)
    {
        for (var at = 0; at < textLength; at += 2)
        {
            var found = Basic.FindFirstCharacterToEncode(text + at, textLength - at);
            if (found < 0)
            {
                return -1;
            }

            at += found;
            if (at + 1 == textLength || !char.IsSurrogatePair(text[at], text[at + 1]))
            {
                return at;
            }
        }

        return -1;
    }

    public override int FindFirstCharacterToEncodeUtf8(ReadOnlySpan<byte> utf8Text)
    {
        var length = 0;
        for (var at = 0; at < utf8Text.Length; at += length)
        {
            var found = Basic.FindFirstCharacterToEncodeUtf8(utf8Text[at..]);
            if (found < 0)
            {
                return -1;
            }

            at += found;
            if (Rune.DecodeFromUtf8(utf8Text[at..], out var rune, out length) != OperationStatus.Done || rune.IsBmp)
            {
                return at;
            }
        }

        return -1;
    }

    public override bool TryEncodeUnicodeScalar(int unicodeScalar, char* buffer, int bufferLength, out int numberOfCharactersWritten) =>
        Basic.TryEncodeUnicodeScalar(unicodeScalar, buffer, bufferLength, out numberOfCharactersWritten);
}
