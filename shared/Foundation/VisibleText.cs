using System.Globalization;
using System.Text;

namespace Portal.Foundation;

/// <summary>Whether a text shows anything: names of invisible characters alone would look like nobody's.</summary>
public static class VisibleText
{
    public static bool Is(string text) => text.EnumerateRunes().Any(IsVisible);

    /// <summary>Not so: joiners and other format characters, marks without a letter, and letters and signs that are drawn as
    /// nothing.</summary>
    private static bool IsVisible(Rune rune) => rune.Value is not (0x115F or 0x1160 or 0x2800 or 0x3164 or 0xFFA0)
        && Rune.GetUnicodeCategory(rune) is not (UnicodeCategory.Format or UnicodeCategory.SpaceSeparator or UnicodeCategory.LineSeparator
            or UnicodeCategory.ParagraphSeparator or UnicodeCategory.NonSpacingMark or UnicodeCategory.EnclosingMark
            or UnicodeCategory.OtherNotAssigned);
}
