using System.Globalization;
using System.Text.Json;

namespace Portal.Tests.Benchmarks;

/// <summary>What every benchmark takes.</summary>
public sealed record BenchmarkArguments(int? Count, string? Database, string? Only, int Finished, bool Small = false)
{
    public static BenchmarkArguments Parse(string[] args)
    {
        string? Value(string option) => Array.IndexOf(args, option) is var at and >= 0 && at + 1 < args.Length ? args[at + 1] : null;
        int? Number(string option) => Value(option) is { } text ? int.Parse(text, CultureInfo.InvariantCulture) : null;
        return new(
            Number("--count"), Value("--database"), Value("--only"), Number("--finished")
                ?? 0, args.Contains("--small", StringComparer.Ordinal));
    }

    public bool Wants(string scenario) => Only is null || Only.Split(',').Contains(scenario, StringComparer.OrdinalIgnoreCase);
}

/// <summary>One result line.</summary>
public sealed record BenchmarkResult(string Name, int Count, TimeSpan Took, IReadOnlyList<double> Milliseconds, double LimitPerSecond)
{
    public void Print()
    {
        var sorted = Milliseconds.Order().ToArray();
        BenchmarkLine.Print(Name, new()
        {
            ["count"] = Count,
            ["seconds"] = Math.Round(Took.TotalSeconds, 3),
            ["per_s"] = Math.Round(Count / Took.TotalSeconds, 1),
            ["p50_ms"] = At(sorted, 0.50),
            ["p99_ms"] = At(sorted, 0.99),
            ["limit_per_s"] = Math.Round(LimitPerSecond, 1),
        });
    }

    private static double? At(double[] sorted, double quantile) =>
        sorted.Length == 0 ? null : Math.Round(sorted[Math.Min(sorted.Length - 1, (int)(sorted.Length * quantile))], 2);
}

/// <summary>One line of JSON on standard output.</summary>
public static class BenchmarkLine
{
    public static void Print(string name, Dictionary<string, object?> figures) =>
        Console.WriteLine(JsonSerializer.Serialize(new Dictionary<string, object?>([new("name", name), .. figures])));
}
