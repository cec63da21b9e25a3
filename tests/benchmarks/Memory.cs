using System.Runtime;

namespace Portal.Tests.Benchmarks;

/// <summary>What the process keeps while instances come and go: after each tenth of the run, all garbage collected. It has to stay
/// level.</summary>
public static class Memory
{
    private const int Slices = 10;
    private const double Megabyte = 1024 * 1024;

    public static Task RunAsync(BenchmarkArguments arguments) =>
        OrchestrationsBenchmark.WithEngineAsync(arguments, async (engine, rows, _) =>
    {
        var count = arguments.Count ?? 100_000;
        for (var slice = 1; slice <= Slices; slice++)
        {
            var measured = await OrchestrationsBenchmark.InstancesAsync(engine, rows, "Upload", count / Slices, raise: true);
            // The benchmark's own record of when each ended.
            BenchmarkFunctions.Finished = new(StringComparer.Ordinal);
            await engine.WhenIdleAsync(TimeSpan.FromMinutes(1));
            GCSettings.LargeObjectHeapCompactionMode = GCLargeObjectHeapCompactionMode.CompactOnce;
            GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true, compacting: true);
            BenchmarkLine.Print("memory", new()
            {
                ["count"] = count / Slices * slice,
                ["per_s"] = Math.Round(count / Slices / measured.Took.TotalSeconds, 1),
                ["managed_mb"] = Math.Round(GC.GetTotalMemory(forceFullCollection: true) / Megabyte, 2),
                ["working_set_mb"] = Math.Round(Environment.WorkingSet / Megabyte, 1),
                ["live_instances"] = engine.LiveInstances,
            });
        }
    });
}
