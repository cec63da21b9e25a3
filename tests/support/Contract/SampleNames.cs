using System.Globalization;

namespace Portal.Tests.Support.Contract;

/// <summary>Names that nobody else has.</summary>
public static class SampleNames
{
    private static int last;

    public static string Next(string kind) => string.Create(CultureInfo.InvariantCulture, $"{kind}-{Interlocked.Increment(ref last)}");
}
