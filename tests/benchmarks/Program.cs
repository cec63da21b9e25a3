using Portal.Tests.Benchmarks;
using Portal.Tests.Benchmarks.Api;

// dotnet run -c Release --project tests/benchmarks -- <name> [options]: one JSON line a scenario, each figure beside its limit.
var benchmarks = new Dictionary<string, Func<BenchmarkArguments, Task>>(StringComparer.OrdinalIgnoreCase)
{
    ["orchestrations"] = OrchestrationsBenchmark.RunAsync,
    ["memory"] = Memory.RunAsync,
    ["growth"] = Growth.RunAsync,
    ["erasures"] = Erasures.RunAsync,
    ["events"] = Events.RunAsync,
    ["profile"] = ProfileBenchmark.RunAsync,
    ["webhook-ingest"] = WebhookIngest.RunAsync,
    ["changes"] = Waiting.RunAsync,
    ["request-figures"] = RequestFlushes.RunAsync,
    ["start"] = Start.RunAsync,
    ["api"] = ApiBenchmark.RunAsync,
    // Not for people: the portal as a process, which the benchmark api starts.
    [ApiApp.Verb] = ApiApp.ServeAsync,
};

if (args is not [var name, .. var rest] || !benchmarks.TryGetValue(name, out var benchmark))
{
    await Console.Error.WriteLineAsync(
        $"Usage: -- <{string.Join('|', benchmarks.Keys.Where(known => known != ApiApp.Verb))}> [--count N] [--database <connection "
            + "string>] [--only <scenario>] [--finished <instances there before>] [--small]");
    return 2;
}

await benchmark(BenchmarkArguments.Parse(rest));
return 0;
