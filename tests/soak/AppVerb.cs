using System.Globalization;
using System.Runtime.InteropServices;
using System.Text.Json;
using Microsoft.Extensions.Logging;
using Portal.Functions;
using Portal.Runtime;

namespace Portal.Tests.Soak;

/// <summary>
/// The portal as a process: <c>app --settings file.json --port n --durable "connection string" [--lease-ms n]
/// [--clock-from unix-ms --clock-rate n --clock-ahead-ms n]</c>. Stops at SIGTERM, and when
/// its standard input ends: whoever started it is gone then, and nobody would ever stop it.
/// </summary>
public static class AppVerb
{
    public static async Task<int> RunAsync(SoakArguments args)
    {
        using var stop = new CancellationTokenSource();
        using var term = PosixSignalRegistration.Create(PosixSignal.SIGTERM, signal =>
        {
            signal.Cancel = true;
            _ = stop.CancelAsync();
        });
        await using var settings = File.OpenRead(args.Required("--settings"));
        await using var host = await FunctionsHost.StartAsync(
            new FunctionsHostOptions
            {
                ContentRoot = AppContext.BaseDirectory,
                Functions = typeof(PortalApp).Assembly,
                ConfigureApp = builder => builder.AddPortal(),
                DurableDatabase = args.Required("--durable"),
                DurableLease = args.Number("--lease-ms", 0) is > 0 and var lease ? TimeSpan.FromMilliseconds(lease) : null,
                Port = args.Number("--port", 7071),
                Clock = Clock(args),
                Settings = (await JsonSerializer.DeserializeAsync<Dictionary<string, string?>>(settings))!,
                ConfigureLogging = logging => logging.SetMinimumLevel(LogLevel.Warning),
            },
            stop.Token);
        var orphaned = Console.OpenStandardInput().CopyToAsync(Stream.Null, stop.Token);
        await Task.WhenAny(orphaned, host.WaitForShutdownAsync(stop.Token));
        return 0;
    }

    private static TimeProvider Clock(SoakArguments args) => args.Text("--clock-from") is { } from
        ? new FastClock(
            DateTimeOffset.FromUnixTimeMilliseconds(Milliseconds(from)), args.Number("--clock-rate", 1),
            TimeSpan.FromMilliseconds(Milliseconds(args.Text("--clock-ahead-ms") ?? "0")))
        : TimeProvider.System;

    private static long Milliseconds(string text) => long.Parse(text, CultureInfo.InvariantCulture);
}
