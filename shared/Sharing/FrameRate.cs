namespace Portal.Sharing;

/// <summary>Frames a second as a fraction of whole numbers: 24000/1001 is a rate, 23.976 is a rounding of it.</summary>
public sealed record FrameRate(int Numerator, int Denominator)
{
    private const double Near = 0.005;

    public double PerSecond => (double)Numerator / Denominator;

    /// <summary>The fraction behind a rate as a vendor rounds it; null when there is none.</summary>
    public static FrameRate? From(double? measured)
    {
        if (measured is not ({ } rate and > 0 and < 1000))
        {
            return null;
        }

        // The rates of television are 1000/1001 of a whole one.
        var whole = (int)Math.Round(rate * 1.001);
        if (whole > 0 && Math.Abs(rate - (whole * 1000 / 1001.0)) < Near && Math.Abs(rate - Math.Round(rate)) > Near)
        {
            return new(whole * 1000, 1001);
        }

        return Math.Abs(rate - Math.Round(rate)) <= Near && rate >= 1
            ? new((int)Math.Round(rate), 1)
            : new(Math.Max(1, (int)Math.Round(rate * 1000)), 1000);
    }
}
