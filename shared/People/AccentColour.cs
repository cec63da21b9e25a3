using System.Globalization;

namespace Portal.People;

/// <summary>A tenant's colour on its buttons.</summary>
public static class AccentColour
{
    /// <summary>Black or white, whichever reads better on the tenant's colour (WCAG 2.2, relative luminance).</summary>
    public static string TextOn(string color)
    {
        double Channel(int at)
        {
            var value = int.Parse(color.AsSpan(at, 2), NumberStyles.HexNumber, CultureInfo.InvariantCulture) / 255.0;
            return value <= 0.04045 ? value / 12.92 : Math.Pow((value + 0.055) / 1.055, 2.4);
        }

        return (0.2126 * Channel(1)) + (0.7152 * Channel(3)) + (0.0722 * Channel(5)) > 0.179 ? "#000000" : "#ffffff";
    }
}
