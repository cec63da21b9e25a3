using System.Diagnostics;

namespace Portal.Tests.Benchmarks.Api;

/// <summary>What a number of workers reached in a while.</summary>
public sealed record Reached(double PerSecond, double P50, double P99, IReadOnlyList<string> Faults)
{
    public static double At(IReadOnlyList<double> sorted, double quantile) =>
        sorted.Count == 0 ? 0 : Math.Round(sorted[Math.Min(sorted.Count - 1, (int)(sorted.Count * quantile))], 2);
}

/// <summary>One thing done over and over, each worker with its own connection.</summary>
public interface IWorker : IAsyncDisposable
{
    /// <summary>Does it once. Null, or what went wrong.</summary>
    Task<string?> OnceAsync();
}

/// <summary>Workers at full speed, one beside the other.</summary>
public static class Measure
{
    private static readonly TimeSpan WarmUp = TimeSpan.FromSeconds(1);

    public static async Task<Reached> RunAsync(int connections, TimeSpan span, Func<Task<IWorker>> open)
    {
        var workers = new List<IWorker>();
        for (var i = 0; i < connections; i++)
        {
            workers.Add(await open());
        }

        var began = Stopwatch.GetTimestamp();
        var all = await Task.WhenAll(workers.Select(worker => Task.Run(() => LoopAsync(worker, began, span))));
        foreach (var worker in workers)
        {
            await worker.DisposeAsync();
        }

        var times = all.SelectMany(a => a.Times).Order().ToList();
        return new(
            Math.Round(times.Count / span.TotalSeconds, 1), Reached.At(times, 0.5), Reached.At(times, 0.99), [
                .. all.SelectMany(a => a.Faults).Distinct().Take(3)
            ]);
    }

    private static async Task<(List<double> Times, List<string> Faults)> LoopAsync(IWorker worker, long began, TimeSpan span)
    {
        var times = new List<double>();
        var faults = new List<string>();
        while (Stopwatch.GetElapsedTime(began) is var elapsed && elapsed < WarmUp + span)
        {
            var start = Stopwatch.GetTimestamp();
            if (await worker.OnceAsync() is { } fault)
            {
                faults.Add(fault);
                if (faults.Count > 10)
                {
                    break;
                }
            }
            else if (elapsed >= WarmUp)
            {
                times.Add(Stopwatch.GetElapsedTime(start).TotalMilliseconds);
            }
        }

        return (times, faults);
    }
}
