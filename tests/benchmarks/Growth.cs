using System.Globalization;

namespace Portal.Tests.Benchmarks;

/// <summary>What a step costs must not grow with what is finished: the same uploads on empty tables, and at a million instances with their
/// histories.</summary>
public static class Growth
{
    private const int Runs = 3;

    public static Task RunAsync(BenchmarkArguments arguments) =>
        OrchestrationsBenchmark.WithEngineAsync(arguments with { Finished = 0 }, async (engine, rows, _) =>
    {
        var count = arguments.Count ?? 5_000;
        var finished = arguments.Finished == 0 ? 1_000_000 : arguments.Finished;
        await OrchestrationsBenchmark.InstancesAsync(engine, rows, "Upload", 1_000, raise: true);
        await MeasureAsync(0);
        await OrchestrationsBenchmark.FillAsync(rows, finished);
        await OrchestrationsBenchmark.InstancesAsync(engine, rows, "Upload", 1_000, raise: true);
        await MeasureAsync(finished);

        async Task MeasureAsync(int before)
        {
            for (var run = 1; run <= Runs; run++)
            {
                var limit = await OrchestrationsBenchmark.RawCommitsAsync(rows, TimeSpan.FromSeconds(2));
                var measured = await OrchestrationsBenchmark.InstancesAsync(engine, rows, "Upload", count, raise: true);
                measured.Print(string.Create(CultureInfo.InvariantCulture, $"upload-after-{before}"), count, limit);
            }
        }
    });
}
