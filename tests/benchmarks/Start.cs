using System.Diagnostics;
using Microsoft.Extensions.Logging;
using Portal.Host;
using Portal.Tests.Support.AsAzure;

namespace Portal.Tests.Benchmarks;

/// <summary>
/// What a serverless user waits for: from the start of the worker process to its first answered request, through the host, and the working
/// set after it. Beside it, in turn and in the same run, an app with hardly a function and the same packages, published the default way:
/// its median is the limit of the start, 150 MB that of the working set.
/// </summary>
public static class Start
{
    private const double MostMegabytes = 150;
    private static readonly TimeSpan Settled = TimeSpan.FromSeconds(2);

    public static async Task RunAsync(BenchmarkArguments arguments)
    {
        var portal = new AzurePortal { PeopleToo = false, TelemetryToo = false };
        await portal.InitializeAsync();
        await using var storage = await Published.StorageAsync();
        await using var small = await AppHost.StartAsync(new AppHostOptions
        {
            App = Published.Sample,
            Settings = new Dictionary<string, string?>(),
            Storage = storage.ConnectionString,
            TimersEnabled = false,
            ConfigureLogging = logging => logging.SetMinimumLevel(LogLevel.Critical),
        });
        var starts = arguments.Count ?? 15;
        var (ours, theirs) = (new List<(double Ms, double Mb)>(), new List<(double Ms, double Mb)>());
        for (var n = 0; n < starts; n++)
        {
            ours.Add(await MeasureAsync(portal.Host, "/api/health/live"));
            theirs.Add(await MeasureAsync(small, "/hello"));
        }

        var limit = Median(theirs.Select(start => start.Ms));
        BenchmarkLine.Print("start", new()
        {
            ["starts"] = starts,
            ["ready_ms"] = Median(ours.Select(start => start.Ms)),
            ["limit_ms"] = limit,
            ["fastest_ms"] = Math.Round(ours.Min(start => start.Ms)),
            ["limit_fastest_ms"] = Math.Round(theirs.Min(start => start.Ms)),
            ["working_set_mb"] = Median(ours.Select(start => start.Mb)),
            ["limit_mb"] = MostMegabytes,
            ["small_app_mb"] = Median(theirs.Select(start => start.Mb)),
        });
        await portal.DisposeAsync();
    }

    /// <summary>Kills the worker; the host starts another at once, and the request waits for it.</summary>
    private static async Task<(double Ms, double Mb)> MeasureAsync(AppHost host, string path)
    {
        using var http = new HttpClient { BaseAddress = host.Address };
        using var before = Process.GetProcessById(host.WorkerId);
        host.KillWorker();
        await before.WaitForExitAsync();
        using var response = await http.GetAsync(new Uri(path, UriKind.Relative));
        response.EnsureSuccessStatusCode();
        using var worker = Process.GetProcessById(host.WorkerId);
        var ready = (TimeProvider.System.GetLocalNow().DateTime - worker.StartTime).TotalMilliseconds;
        await Task.Delay(Settled, TimeProvider.System);
        worker.Refresh();
        return (ready, worker.WorkingSet64 / 1024.0 / 1024.0);
    }

    private static double Median(IEnumerable<double> values)
    {
        var sorted = values.Order().ToArray();
        return Math.Round(sorted[sorted.Length / 2]);
    }
}
