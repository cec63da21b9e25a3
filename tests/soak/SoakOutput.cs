namespace Portal.Tests.Soak;

/// <summary>What the programs say of a run.</summary>
internal static class SoakOutput
{
    /// <summary>A reporter that puts the seconds since that moment before each line.</summary>
    public static Action<string> Since(long began) => line =>
        Console.WriteLine($"{TimeProvider.System.GetElapsedTime(began).TotalSeconds,7:0.0} s  {line}");

    /// <summary>Each violation, and what the app said last. The exit code.</summary>
    public static int Conclude(IReadOnlyList<string> violations, AppProcess app)
    {
        foreach (var violation in violations)
        {
            Console.WriteLine($"VIOLATION {violation}");
        }

        if (violations.Count > 0)
        {
            Console.WriteLine($"The app's last lines:\n{string.Join('\n', app.Lines)}");
        }

        return violations.Count == 0 ? 0 : 1;
    }
}
